import { useEffect, useState, useSyncExternalStore } from 'react';

import type { ConnectionState } from './connection';
import { stream } from './stream';

/** A reconnect that takes a moment is nobody's business; a longer one makes the prices stale. */
const PATIENCE_MS = 2_500;

export interface Freshness {
  state: ConnectionState;
  stale: boolean;
  /** When the last message came (ms since the epoch), or null before any. */
  since: number | null;
}

/** Whether live values can be believed now. */
export function useFreshness(): Freshness {
  const state = useSyncExternalStore(stream.onState, stream.state);
  const [waited, setWaited] = useState(false);
  useEffect(() => {
    if (state !== 'waiting') return undefined;
    const timer = setTimeout(() => {
      setWaited(true);
    }, PATIENCE_MS);
    return () => {
      clearTimeout(timer);
      setWaited(false);
    };
  }, [state]);
  const stale = state === 'offline' || (state === 'waiting' && waited);
  return { state, stale, since: stream.lastMessageAt() };
}
