import { expect, it } from 'vitest';

import type { Order } from '@/lib/api/types';
import type { OrderUpdate } from '@/lib/stream/messages';

import { updated } from './account-feed';

const order = { orderId: 'a', status: 'OPEN', quantity: '10', filledQuantity: '0', avgPrice: null, seq: 5 } as Order;
const update = {
  type: 'ORDER_UPDATE',
  event: 'FILL',
  orderId: 'a',
  status: 'PARTIALLY_FILLED',
  quantity: '10',
  filledQty: '4',
  remainingQty: '6',
  avgPrice: '213.44',
  seq: 7,
} as OrderUpdate;

it('carries a fill into the order', () => {
  expect(updated(order, update)).toMatchObject({
    status: 'PARTIALLY_FILLED',
    filledQuantity: '4',
    avgPrice: '213.44',
    seq: 7,
  });
});

it('never goes back behind what the order shows already', () => {
  expect(updated({ ...order, seq: 8 }, update)?.status).toBe('OPEN');
});

it('makes no order of an update to one that nobody looks at', () => {
  expect(updated(undefined, update)).toBeUndefined();
});
