import type { ServerMessage } from './messages';

/** `live`: messages arrive. `waiting`: none yet, or the link is being made again. `offline`: no network. */
export type ConnectionState = 'idle' | 'waiting' | 'live' | 'offline';

interface Callbacks {
  opened: () => void;
  received: (message: ServerMessage) => void;
  changed: (state: ConnectionState) => void;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;
/** The server beats every 5 s: a link silent for longer than two beats is dead, whatever TCP says. */
const SILENCE_MS = 12_000;

/** One WebSocket that comes back by itself: exponential back-off with jitter, at once when the network returns. */
export class Connection {
  #socket: WebSocket | null = null;
  #state: ConnectionState = 'idle';
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly url: () => string,
    private readonly callbacks: Callbacks,
  ) {}

  get state(): ConnectionState {
    return this.#state;
  }

  start(): void {
    if (this.#state !== 'idle') return;
    window.addEventListener('online', this.#online);
    window.addEventListener('offline', this.#offline);
    this.#open();
  }

  stop(): void {
    window.removeEventListener('online', this.#online);
    window.removeEventListener('offline', this.#offline);
    clearTimeout(this.#retry);
    this.#drop();
    this.#failures = 0;
    this.#become('idle');
  }

  /** Send if the link is open; what must survive a reconnect is sent again from `opened`. */
  send(message: object): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  readonly #online = (): void => {
    this.#failures = 0;
    this.#open();
  };

  readonly #offline = (): void => {
    clearTimeout(this.#retry);
    this.#drop();
    this.#become('offline');
  };

  #become(state: ConnectionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.callbacks.changed(state);
  }

  #open(): void {
    clearTimeout(this.#retry);
    this.#drop();
    this.#become('waiting');
    const socket = new WebSocket(this.url());
    this.#socket = socket;
    socket.onopen = () => {
      this.#listen();
      this.callbacks.opened();
    };
    socket.onmessage = (event: MessageEvent<string>) => {
      this.#listen();
      this.#receive(JSON.parse(event.data) as ServerMessage);
    };
    socket.onclose = () => {
      this.#again(this.#backOff());
    };
  }

  #receive(message: ServerMessage): void {
    this.#failures = 0;
    this.#become('live');
    if (message.type === 'SHUTDOWN') this.#again(message.reconnectAfterMs + Math.random() * FIRST_DELAY_MS);
    else this.callbacks.received(message);
  }

  #backOff(): number {
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** this.#failures);
    this.#failures += 1;
    return longest * (0.5 + Math.random() / 2);
  }

  #again(delayMs: number): void {
    this.#drop();
    this.#become(navigator.onLine ? 'waiting' : 'offline');
    this.#retry = setTimeout(() => {
      this.#open();
    }, delayMs);
  }

  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#again(0);
    }, SILENCE_MS);
  }

  #drop(): void {
    clearTimeout(this.#silence);
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
