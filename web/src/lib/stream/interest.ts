import type { Channel } from './messages';

interface Change {
  action: 'subscribe' | 'unsubscribe';
  channels: Channel[];
  symbols: string[];
}

/** Leaving a screen and coming to the next often wants the same symbols: let them go a little later. */
const LINGER_MS = 1_000;

/** Who wants what: counts the screens that show a symbol's channel and tells the server when that changes. */
export class Interest {
  readonly #counts = new Map<string, number>();
  readonly #told = new Set<string>();
  #soon: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly tell: (change: Change) => void) {}

  add(channel: Channel, symbol: string): () => void {
    const key = `${channel} ${symbol}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    if (!this.#told.has(key)) this.#schedule(0);
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#counts.set(key, (this.#counts.get(key) ?? 1) - 1);
      this.#schedule(LINGER_MS);
    };
  }

  /** A new link knows nothing: tell it everything wanted. */
  restart(): void {
    this.#told.clear();
    this.#flush();
  }

  #schedule(delayMs: number): void {
    if (delayMs === 0) clearTimeout(this.#soon);
    else if (this.#soon !== undefined) return;
    this.#soon = setTimeout(() => {
      this.#flush();
    }, delayMs);
  }

  #flush(): void {
    this.#soon = undefined;
    const wanted = new Set([...this.#counts].filter(([, count]) => count > 0).map(([key]) => key));
    const added = [...wanted].filter((key) => !this.#told.has(key));
    const gone = [...this.#told].filter((key) => !wanted.has(key));
    for (const key of gone) this.#told.delete(key);
    for (const key of added) this.#told.add(key);
    for (const key of this.#counts.keys()) if (!wanted.has(key)) this.#counts.delete(key);
    this.#say('unsubscribe', gone);
    this.#say('subscribe', added);
  }

  #say(action: Change['action'], keys: readonly string[]): void {
    const byChannel = new Map<Channel, string[]>();
    for (const key of keys) {
      const [channel, symbol] = key.split(' ') as [Channel, string];
      byChannel.set(channel, [...(byChannel.get(channel) ?? []), symbol]);
    }
    for (const [channel, symbols] of byChannel) this.tell({ action, channels: [channel], symbols });
  }
}
