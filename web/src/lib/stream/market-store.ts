import { decimal } from '@/lib/decimal';

import type { BookDelta, BookLevel, BookSnapshot, Print, Quote, ServerMessage, Tick } from './messages';

export interface DepthView {
  bids: readonly BookLevel[];
  asks: readonly BookLevel[];
  seq: number;
}

type Topic = `${'tick' | 'quote' | 'book' | 'tape'}:${string}`;

const TAPE_LENGTH = 30;

/**
 * The latest market data by symbol, shown at most once per animation frame: a burst of messages costs one
 * render. While paused it keeps receiving and shows nothing new; on resume the latest is shown.
 */
export class MarketStore {
  readonly #latest = new Map<Topic, unknown>();
  readonly #shown = new Map<Topic, unknown>();
  readonly #dirty = new Set<Topic>();
  readonly #listeners = new Map<Topic, Set<() => void>>();
  #frame = 0;
  #paused = false;

  constructor(private readonly nextFrame: (run: () => void) => number = (run) => requestAnimationFrame(run)) {}

  tick = (symbol: string): Tick | undefined => this.#shown.get(`tick:${symbol}`) as Tick | undefined;
  quote = (symbol: string): Quote | undefined => this.#shown.get(`quote:${symbol}`) as Quote | undefined;
  book = (symbol: string): DepthView | undefined => this.#shown.get(`book:${symbol}`) as DepthView | undefined;
  tape = (symbol: string): readonly Print[] | undefined => this.#shown.get(`tape:${symbol}`) as Print[] | undefined;

  watch(topic: Topic, listener: () => void): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  receive(message: ServerMessage): void {
    switch (message.type) {
      case 'TICK':
        this.#put(`tick:${message.symbol}`, message);
        break;
      case 'QUOTE':
        this.#put(`quote:${message.symbol}`, message);
        break;
      case 'TRADE':
        this.#print(message);
        break;
      case 'BOOK_SNAPSHOT':
        this.#put(`book:${message.symbol}`, { bids: message.bids, asks: message.asks, seq: message.seq });
        break;
      case 'BOOK_DELTA':
        this.#change(message);
        break;
    }
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    if (!paused) this.#show();
  }

  /** Forget everything: another account, or a stream that starts from nothing. */
  clear(): void {
    this.#latest.clear();
    this.#shown.clear();
    this.#dirty.clear();
  }

  #put(topic: Topic, value: unknown): void {
    this.#latest.set(topic, value);
    this.#dirty.add(topic);
    if (this.#frame === 0) this.#frame = this.nextFrame(this.#show);
  }

  readonly #show = (): void => {
    this.#frame = 0;
    if (this.#paused) return;
    const topics = [...this.#dirty];
    this.#dirty.clear();
    for (const topic of topics) this.#shown.set(topic, this.#latest.get(topic));
    for (const topic of topics) for (const listener of this.#listeners.get(topic) ?? []) listener();
  };

  #print(print: Print): void {
    const tape = (this.#latest.get(`tape:${print.symbol}`) as Print[] | undefined) ?? [];
    if (tape.some((earlier) => earlier.tradeId === print.tradeId)) return;
    this.#put(`tape:${print.symbol}`, [print, ...tape].slice(0, TAPE_LENGTH));
  }

  #change(delta: BookDelta): void {
    const book = this.#latest.get(`book:${delta.symbol}`) as BookSnapshot | undefined;
    if (book === undefined) return;
    this.#put(`book:${delta.symbol}`, {
      bids: merged(book.bids, delta.bids, -1),
      asks: merged(book.asks, delta.asks, 1),
      seq: delta.seq,
    });
  }
}

/** The side with each changed level replaced, a level of no quantity removed, best first. */
export function merged(side: readonly BookLevel[], changes: readonly BookLevel[], order: 1 | -1): BookLevel[] {
  if (changes.length === 0) return [...side];
  const levels = new Map(side.map((level) => [level.price, level]));
  let added = false;
  for (const level of changes) {
    if (decimal(level.quantity).eq('0')) levels.delete(level.price);
    else {
      added ||= !levels.has(level.price);
      levels.set(level.price, level);
    }
  }
  const result = [...levels.values()];
  return added ? result.sort((a, b) => order * decimal(a.price).cmp(decimal(b.price))) : result;
}
