import { expect, it } from 'vitest';

import type { Order } from './api/types';
import { fillWords, orderTerms, orderTitle, reasonWords, statusWords } from './order-words';

const order = {
  side: 'BUY',
  symbol: 'AAPL',
  quantity: '10',
  filledQuantity: '0',
  status: 'OPEN',
  reason: null,
  detail: null,
  type: 'LIMIT',
  price: '213.45',
  stopPrice: null,
  role: null,
  timeInForce: 'DAY',
} as Order;

it('names an order by its outcome', () => {
  expect(orderTitle(order)).toBe('Buy 10 AAPL');
});

it.each([
  [{ timeInForce: 'DAY' }, 'Limit $213.45 · good for day'],
  [{ timeInForce: 'GTC' }, 'Limit $213.45 · until cancelled'],
  [{ type: 'MARKET', price: null }, 'Market price'],
  [{ type: 'STOP', price: null, stopPrice: '205.00' }, 'Stop at $205.00 · good for day'],
  [{ type: 'STOP_LIMIT', price: '204.00', stopPrice: '205.00' }, 'Stop at $205.00, limit $204.00 · good for day'],
  [{ type: 'TRAILING_STOP', price: null, stopPrice: null }, 'Trailing stop · good for day'],
  [{ role: 'TAKE_PROFIT', timeInForce: 'GTC' }, 'Take profit · Limit $213.45 · until cancelled'],
  [{ role: 'STOP_LOSS', type: 'STOP', price: null, stopPrice: '205.00' }, 'Stop loss · Stop at $205.00 · good for day'],
  [{ role: 'PARENT', type: 'MARKET', price: null }, 'Entry · Market price'],
] as [Partial<Order>, string][])('tells the terms of %o', (change, words) => {
  expect(orderTerms({ ...order, ...change })).toBe(words);
});

it.each([
  [{ status: 'OPEN' }, 'Open'],
  [{ status: 'PARTIALLY_FILLED', filledQuantity: '4' }, '4 of 10 filled'],
  [{ status: 'CANCELLED' }, 'Cancelled'],
  [{ status: 'CANCELLED', filledQuantity: '4' }, '4 of 10 filled'],
  [{ status: 'EXPIRED' }, 'Expired'],
  [{ status: 'REJECTED' }, 'Rejected'],
] as [Partial<Order>, string][])('tells where %o stands', (change, words) => {
  expect(statusWords({ ...order, ...change })).toBe(words);
});

it('says why an order ended', () => {
  expect(reasonWords({ ...order, status: 'CANCELLED', reason: 'NO_LIQUIDITY' })).toBe('Nobody offered more');
  expect(reasonWords({ ...order, status: 'REJECTED', detail: 'You have 3 shares.' })).toBe('You have 3 shares.');
  expect(reasonWords(order)).toBe('');
});

it('has words for a reason it has never heard of', () => {
  expect(reasonWords({ ...order, status: 'CANCELLED', reason: 'METEOR' })).toBe('It ended');
});

it('says what was bought and at which price', () => {
  expect(fillWords('SELL', '4', 'AAPL', '213.44')).toBe('Sold 4 AAPL at $213.44');
});
