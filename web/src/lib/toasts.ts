import { useSyncExternalStore } from 'react';

export interface Toast {
  id: number;
  text: string;
  tone: 'plain' | 'danger';
  /** What it is about; a later toast about the same takes its place. */
  about: string | undefined;
}

const SHOWN_MS = 6_000;

let toasts: readonly Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();
const inView = new Set<string>();

function change(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

/** Say something that happened elsewhere: shown for a while and announced politely. */
export function toast(text: string, options: { tone?: Toast['tone']; about?: string } = {}): void {
  const shown = { id: nextId++, text, tone: options.tone ?? 'plain', about: options.about };
  const others = toasts.filter((other) => other.about === undefined || other.about !== shown.about);
  change([...others.slice(-2), shown]);
  setTimeout(() => {
    change(toasts.filter((other) => other.id !== shown.id));
  }, SHOWN_MS);
}

/** An order whose ticket is on the screen tells its own fills; call the result when it leaves. */
export function tellsItself(clientOrderId: string): () => void {
  inView.add(clientOrderId);
  return () => inView.delete(clientOrderId);
}

export function isTellingItself(clientOrderId: string | null): boolean {
  return clientOrderId !== null && inView.has(clientOrderId);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(subscribe, () => toasts);
}
