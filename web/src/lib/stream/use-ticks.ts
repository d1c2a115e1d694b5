import { useEffect, useState } from 'react';

import type { Tick } from './messages';
import { stream } from './stream';

/** The latest ticks of several symbols: for a sum over holdings. */
export function useTicks(symbols: readonly string[]): ReadonlyMap<string, Tick> {
  const [ticks, setTicks] = useState<ReadonlyMap<string, Tick>>(new Map());
  const key = symbols.join(' ');
  useEffect(() => {
    const wanted = key === '' ? [] : key.split(' ');
    const refresh = (): void => {
      setTicks(
        new Map(wanted.flatMap((symbol) => stream.market.tick(symbol) ?? []).map((tick) => [tick.symbol, tick])),
      );
    };
    refresh();
    const ends = wanted.flatMap((symbol) => [
      stream.interest.add('ticks', symbol),
      stream.market.watch(`tick:${symbol}`, refresh),
    ]);
    return () => {
      for (const end of ends) end();
    };
  }, [key]);
  return ticks;
}
