import { Connection, type ConnectionState } from './connection';
import { Interest } from './interest';
import { MarketStore } from './market-store';
import type { OrderUpdate, ServerMessage } from './messages';

type OrderListener = (update: OrderUpdate) => void;

function streamUrl(): string {
  return `${window.location.origin.replace(/^http/, 'ws')}/v1/stream`;
}

/**
 * The app's one WebSocket. Market data goes to the store, which shows it frame by frame; order updates are
 * handed on at once, each of them, in order. After a lost link the orders channel resumes from the last
 * position seen; where the server cannot resume it says RESYNC, and `gap` asks for a fresh look.
 */
class Stream {
  readonly market = new MarketStore();
  readonly interest = new Interest((change) => {
    this.#connection.send(change);
  });
  readonly #connection: Connection;
  readonly #orderListeners = new Set<OrderListener>();
  readonly #gapListeners = new Set<() => void>();
  readonly #stateListeners = new Set<() => void>();
  #lastSeq: number | null = null;
  #lastMessageAt: number | null = null;

  constructor() {
    this.#connection = new Connection(streamUrl, {
      opened: () => {
        this.#connection.send({
          action: 'subscribe',
          channels: ['orders'],
          ...(this.#lastSeq === null ? {} : { lastSeq: this.#lastSeq }),
        });
        this.interest.restart();
      },
      received: (message) => {
        this.#receive(message);
      },
      changed: () => {
        for (const listener of this.#stateListeners) listener();
      },
    });
  }

  start(): void {
    this.#connection.start();
  }

  /** The session has ended: close, and forget what the account saw. */
  stop(): void {
    this.#connection.stop();
    this.market.clear();
    this.#lastSeq = null;
    this.#lastMessageAt = null;
  }

  state = (): ConnectionState => this.#connection.state;

  /** When the last message came (ms since the epoch), or null before any. */
  lastMessageAt = (): number | null => this.#lastMessageAt;

  onState = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  onOrder(listener: OrderListener): () => void {
    this.#orderListeners.add(listener);
    return () => this.#orderListeners.delete(listener);
  }

  /** Called when order updates may have been missed. */
  onGap(listener: () => void): () => void {
    this.#gapListeners.add(listener);
    return () => this.#gapListeners.delete(listener);
  }

  #receive(message: ServerMessage): void {
    this.#lastMessageAt = Date.now();
    if (message.type === 'ORDER_UPDATE') this.#order(message);
    else if (message.type === 'RESYNC') {
      this.#lastSeq = message.seq;
      this.#gap();
    } else if (message.type === 'SUBSCRIBED') {
      if (message.channels.includes('orders')) this.#lastSeq ??= message.seq ?? null;
    } else this.market.receive(message);
  }

  #order(update: OrderUpdate): void {
    if (update.event !== 'SNAPSHOT') {
      if (this.#lastSeq !== null && update.prevSeq > this.#lastSeq) this.#gap();
      this.#lastSeq = Math.max(this.#lastSeq ?? 0, update.seq);
    }
    for (const listener of this.#orderListeners) listener(update);
  }

  #gap(): void {
    for (const listener of this.#gapListeners) listener();
  }
}

export const stream = new Stream();
