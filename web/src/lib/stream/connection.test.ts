import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { Connection, type ConnectionState } from './connection';
import type { ServerMessage } from './messages';

/** A socket that the test opens, feeds and breaks by hand. */
class FakeSocket {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readyState = 0;
  sent: string[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
  }
  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }
  say(message: ServerMessage): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
}

const HEARTBEAT: ServerMessage = { type: 'HEARTBEAT', ts: 0, seq: 1 };
const newest = (): FakeSocket => FakeSocket.made.at(-1)!;
let states: ConnectionState[];
let received: ServerMessage[];
let connection: Connection;

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  FakeSocket.made = [];
  states = [];
  received = [];
  connection = new Connection(() => 'ws://exchange/v1/stream', {
    opened: () => connection.send({ action: 'subscribe' }),
    received: (message) => received.push(message),
    changed: (state) => states.push(state),
  });
  connection.start();
});
afterEach(() => {
  connection.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('is live with the first message, not before', () => {
  newest().open();
  expect(states).toEqual(['waiting']);
  newest().say(HEARTBEAT);
  expect(states).toEqual(['waiting', 'live']);
  expect(received).toEqual([HEARTBEAT]);
});

it('asks again for what it wants after each reconnect', () => {
  newest().open();
  newest().onclose?.();
  vi.advanceTimersByTime(1_000);
  expect(FakeSocket.made).toHaveLength(2);
  newest().open();
  expect(newest().sent).toEqual(['{"action":"subscribe"}']);
});

it('waits longer after each failure, and never longer than 15 s', () => {
  const waits: number[] = [];
  for (let failure = 0; failure < 9; failure++) {
    const before = FakeSocket.made.length;
    newest().onclose?.();
    let waited = 0;
    while (FakeSocket.made.length === before) {
      vi.advanceTimersByTime(50);
      waited += 50;
    }
    waits.push(waited);
  }
  expect(waits[0]).toBeLessThanOrEqual(550);
  expect(Math.max(...waits)).toBeGreaterThan(7_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(15_050);
});

it('takes a link that has gone silent for dead', () => {
  newest().open();
  newest().say(HEARTBEAT);
  vi.advanceTimersByTime(12_001);
  expect(FakeSocket.made).toHaveLength(2);
  expect(states.at(-1)).toBe('waiting');
});

it('comes back when told after a planned restart', () => {
  newest().open();
  newest().say({ type: 'SHUTDOWN', reconnectAfterMs: 1_000 });
  vi.advanceTimersByTime(999);
  expect(FakeSocket.made).toHaveLength(1);
  vi.advanceTimersByTime(600);
  expect(FakeSocket.made).toHaveLength(2);
});

it('is offline when the browser is, and back at once with it', () => {
  newest().open();
  window.dispatchEvent(new Event('offline'));
  expect(states.at(-1)).toBe('offline');
  window.dispatchEvent(new Event('online'));
  expect(FakeSocket.made).toHaveLength(2);
});

it('sends nothing into a closed link', () => {
  connection.send({ action: 'ping' });
  expect(newest().sent).toEqual([]);
});

it('stays away once stopped', () => {
  newest().open();
  connection.stop();
  vi.advanceTimersByTime(60_000);
  expect(FakeSocket.made).toHaveLength(1);
});
