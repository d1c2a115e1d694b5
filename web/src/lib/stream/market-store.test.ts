import { beforeEach, describe, expect, it, vi } from 'vitest';

import { MarketStore, merged } from './market-store';
import type { BookLevel, Print, Tick } from './messages';

const tick = (price: string): Tick => ({
  type: 'TICK',
  symbol: 'AAPL',
  price,
  bid: null,
  ask: null,
  change: '0',
  changePercent: '0',
  volume: '0',
  ts: 0,
  seq: 1,
});
const print = (tradeId: string): Print => ({
  type: 'TRADE',
  symbol: 'AAPL',
  tradeId,
  price: '1',
  quantity: '1',
  side: 'BUY',
  ts: 0,
  seq: 1,
});
const level = (price: string, quantity: string): BookLevel => ({ price, quantity, orders: 1 });

let frames: (() => void)[];
let store: MarketStore;
const paint = (): void => {
  for (const run of frames.splice(0)) run();
};

beforeEach(() => {
  frames = [];
  store = new MarketStore((run) => frames.push(run));
});

describe('ticks', () => {
  it('are shown once a frame, the latest only', () => {
    const seen = vi.fn();
    store.watch('tick:AAPL', seen);
    store.receive(tick('1'));
    store.receive(tick('2'));
    expect(store.tick('AAPL')).toBeUndefined();
    paint();
    expect(store.tick('AAPL')?.price).toBe('2');
    expect(seen).toHaveBeenCalledOnce();
  });

  it('wake only those who watch the symbol', () => {
    const seen = vi.fn();
    store.watch('tick:TSLA', seen);
    store.receive(tick('1'));
    paint();
    expect(seen).not.toHaveBeenCalled();
  });

  it('stand still while paused and catch up after', () => {
    store.receive(tick('1'));
    paint();
    store.pause(true);
    store.receive(tick('2'));
    paint();
    expect(store.tick('AAPL')?.price).toBe('1');
    store.pause(false);
    expect(store.tick('AAPL')?.price).toBe('2');
  });
});

describe('the tape', () => {
  it('has the newest trade first and each once', () => {
    for (const id of ['a', 'b', 'b']) store.receive(print(id));
    paint();
    expect(store.tape('AAPL')?.map((trade) => trade.tradeId)).toEqual(['b', 'a']);
  });

  it('is bounded', () => {
    for (let i = 0; i < 100; i++) store.receive(print(String(i)));
    paint();
    expect(store.tape('AAPL')).toHaveLength(30);
  });
});

describe('the book', () => {
  it('starts with a snapshot and follows its deltas', () => {
    const base = { symbol: 'AAPL', ts: 0 };
    store.receive({ ...base, type: 'BOOK_SNAPSHOT', bids: [level('10', '5')], asks: [level('11', '5')], seq: 1 });
    store.receive({
      ...base,
      type: 'BOOK_DELTA',
      bids: [level('10.5', '2')],
      asks: [level('11', '0')],
      seq: 2,
      prevSeq: 1,
    });
    paint();
    expect(store.book('AAPL')).toEqual({ bids: [level('10.5', '2'), level('10', '5')], asks: [], seq: 2 });
  });

  it('ignores a delta of a book it does not have', () => {
    store.receive({ type: 'BOOK_DELTA', symbol: 'AAPL', bids: [level('1', '1')], asks: [], ts: 0, seq: 2, prevSeq: 1 });
    paint();
    expect(store.book('AAPL')).toBeUndefined();
  });

  it('orders prices as numbers, not as words', () => {
    expect(merged([level('99', '1')], [level('100', '1')], -1).map((entry) => entry.price)).toEqual(['100', '99']);
    expect(merged([level('99', '1')], [level('100', '1')], 1).map((entry) => entry.price)).toEqual(['99', '100']);
  });
});
