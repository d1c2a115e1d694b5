import type { Candle } from '@/lib/api/types';
import { decimal, plain } from '@/lib/decimal';
import { fullDateOf, momentOf } from '@/lib/format';
import type { Tick } from '@/lib/stream/messages';

import { RANGES, type RangeName } from './ranges';

/** A price and its change against the range's base, as the header shows it. */
export interface Point {
  price: string;
  change: string;
  changePercent: string;
  when: string;
}

/** A candle with its start in Unix seconds. */
export interface Bar {
  at: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
}

export function barsOf(candles: readonly Candle[]): Bar[] {
  return candles.map((candle) => ({ ...candle, at: Math.floor(Date.parse(candle.timestamp) / 1000) }));
}

/** The newest bar after a tick: the last one moved, or a new one begun; null if the tick is older than it. */
export function barAfter(last: Bar, tick: Tick, step: number): Bar | null {
  const at = Math.floor(tick.ts / 1000 / step) * step;
  if (at < last.at) return null;
  if (at > last.at) return { at, open: last.close, high: tick.price, low: tick.price, close: tick.price, volume: '0' };
  const price = decimal(tick.price);
  return {
    ...last,
    close: tick.price,
    high: price.gt(decimal(last.high)) ? tick.price : last.high,
    low: price.lt(decimal(last.low)) ? tick.price : last.low,
  };
}

/** How far `price` is from `base`. */
export function changeFrom(base: string, price: string): { change: string; changePercent: string } {
  const from = decimal(base);
  const change = decimal(price).minus(from);
  return { change: plain(change), changePercent: from.gt('0') ? plain(change.div(from).times('100')) : '0' };
}

/** What the changes of a range count from: the previous close for the day, else where the range begins. */
export function baseOf(bars: readonly Bar[], range: RangeName, previousClose: string | undefined): string {
  if (range === '1D' && previousClose !== undefined) return previousClose;
  return bars[0]?.open ?? '0';
}

export function whenOf(bar: Bar, range: RangeName): string {
  const at = new Date(bar.at * 1000).toISOString();
  return RANGES[range].interval === '1d' ? fullDateOf(at) : momentOf(at);
}
