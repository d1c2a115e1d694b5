import { decimal, plain, type Decimal } from '@/lib/decimal';
import type { Holding, Portfolio } from '@/lib/api/types';
import type { Tick } from '@/lib/stream/messages';

export interface LiveValue {
  totalValue: string;
  dayPnL: string;
  dayPnLPercent: string;
  totalPnL: string;
}

/** What a holding is worth at the latest tick, and how far that is from what the exchange last valued it. */
export function valueOf(holding: Holding, tick: Tick | undefined): { value: Decimal; moved: Decimal } {
  const value = decimal(holding.quantity).times(decimal(tick?.price ?? holding.price));
  return { value, moved: value.minus(decimal(holding.marketValue)) };
}

/** The portfolio's totals at the latest ticks: what the exchange told, plus how far prices moved since. */
export function liveValue(portfolio: Portfolio, ticks: ReadonlyMap<string, Tick>): LiveValue {
  let moved = decimal('0');
  for (const holding of portfolio.holdings) moved = moved.plus(valueOf(holding, ticks.get(holding.symbol)).moved);
  const total = decimal(portfolio.totalValue).plus(moved);
  const day = decimal(portfolio.dayPnL).plus(moved);
  const before = total.minus(day);
  return {
    totalValue: plain(total),
    dayPnL: plain(day),
    dayPnLPercent: before.gt('0') ? plain(day.div(before).times('100')) : '0',
    totalPnL: plain(decimal(portfolio.totalPnL).plus(moved)),
  };
}
