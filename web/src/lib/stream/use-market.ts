import { useCallback, useEffect, useSyncExternalStore } from 'react';

import type { DepthView } from './market-store';
import type { Channel, Print, Quote, Tick } from './messages';
import { stream } from './stream';

type Topic = 'tick' | 'quote' | 'book' | 'tape';

const CHANNEL: Record<Topic, Channel> = { tick: 'ticks', quote: 'quotes', book: 'book', tape: 'trades' };

function useTopic<Value>(topic: Topic, symbol: string, read: (symbol: string) => Value): Value {
  useEffect(() => stream.interest.add(CHANNEL[topic], symbol), [topic, symbol]);
  const watch = useCallback(
    (listener: () => void) => stream.market.watch(`${topic}:${symbol}`, listener),
    [topic, symbol],
  );
  return useSyncExternalStore(watch, () => read(symbol));
}

/** The latest trade price of a symbol, or undefined until the stream has told it. */
export const useTick = (symbol: string): Tick | undefined => useTopic('tick', symbol, stream.market.tick);
export const useQuote = (symbol: string): Quote | undefined => useTopic('quote', symbol, stream.market.quote);
export const useBook = (symbol: string): DepthView | undefined => useTopic('book', symbol, stream.market.book);
/** Trades since the screen was opened, newest first. */
export const useTape = (symbol: string): readonly Print[] | undefined => useTopic('tape', symbol, stream.market.tape);
