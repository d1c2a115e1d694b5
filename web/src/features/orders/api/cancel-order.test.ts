import { expect, it } from 'vitest';

import type { Order } from '@/lib/api/types';

import { endWords } from './cancel-order';

const order = { side: 'BUY', symbol: 'AAPL', filledQuantity: '10', avgPrice: '213.45' } as Order;

it('says that a fill came before the cancel', () => {
  expect(endWords({ ...order, status: 'FILLED' })).toBe('Too late to cancel: Bought 10 AAPL at $213.45');
});

it('says that an order was cancelled', () => {
  expect(endWords({ ...order, status: 'CANCELLED' })).toBe('Order cancelled');
});
