import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Interest } from './interest';

const tell = vi.fn();
let interest: Interest;

beforeEach(() => {
  vi.useFakeTimers();
  tell.mockReset();
  interest = new Interest(tell);
});
afterEach(() => {
  vi.useRealTimers();
});

it('asks once for all that a screen wants', () => {
  interest.add('ticks', 'AAPL');
  interest.add('ticks', 'NVDA');
  vi.runAllTimers();
  expect(tell).toHaveBeenCalledExactlyOnceWith({ action: 'subscribe', channels: ['ticks'], symbols: ['AAPL', 'NVDA'] });
});

it('asks once for what two panels want', () => {
  interest.add('ticks', 'AAPL');
  interest.add('ticks', 'AAPL');
  vi.runAllTimers();
  expect(tell).toHaveBeenCalledOnce();
});

it('lets go only when the last panel has left', () => {
  const first = interest.add('ticks', 'AAPL');
  const second = interest.add('ticks', 'AAPL');
  vi.runAllTimers();
  first();
  vi.runAllTimers();
  expect(tell).toHaveBeenCalledOnce();
  second();
  vi.runAllTimers();
  expect(tell).toHaveBeenLastCalledWith({ action: 'unsubscribe', channels: ['ticks'], symbols: ['AAPL'] });
});

it('says nothing when the next screen wants the same', () => {
  const leave = interest.add('ticks', 'AAPL');
  vi.runAllTimers();
  leave();
  interest.add('ticks', 'AAPL');
  vi.runAllTimers();
  expect(tell).toHaveBeenCalledOnce();
});

it('tells a new link everything wanted', () => {
  interest.add('book', 'AAPL');
  vi.runAllTimers();
  interest.restart();
  expect(tell).toHaveBeenCalledTimes(2);
  expect(tell).toHaveBeenLastCalledWith({ action: 'subscribe', channels: ['book'], symbols: ['AAPL'] });
});
