import { expect, it } from 'vitest';

import { isModifiable, type Order } from './types';

const limit = { status: 'OPEN', type: 'LIMIT', role: null } as Order;

it.each([
  [{}, true],
  [{ status: 'PARTIALLY_FILLED', role: 'PARENT' }, true],
  [{ status: 'PENDING' }, true],
  [{ role: 'TAKE_PROFIT' }, true],
  [{ role: 'TAKE_PROFIT', status: 'PENDING' }, false],
  [{ type: 'STOP', status: 'PENDING' }, false],
  [{ status: 'FILLED' }, false],
] as [Partial<Order>, boolean][])('tells whether an order with %o can be changed', (change, can) => {
  expect(isModifiable({ ...limit, ...change })).toBe(can);
});
