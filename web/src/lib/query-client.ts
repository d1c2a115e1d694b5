import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { isProblem } from './api/problem';
import { ACCOUNT_KEYS } from './query-keys';
import { stream } from './stream/stream';

const RETRIES = 2;

let ended: () => void = () => undefined;

/** What to do when the exchange says that the session is over. */
export function onSessionEnd(run: () => void): void {
  ended = run;
}

function seen(error: unknown): void {
  if (isProblem(error, 'UNAUTHENTICATED')) ended();
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: seen }),
  mutationCache: new MutationCache({ onError: seen }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => failures < RETRIES && isProblem(error) && error.retryable,
      // Asked even when the browser says offline: the refusal is then shown, with its Retry.
      networkMode: 'always',
      refetchOnReconnect: true,
      // What failed is asked again by its Retry: a part of the page that appears with the error must not ask by
      // itself, or the page would flicker between the error and its skeleton.
      retryOnMount: false,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
});

/** Read again what any change of an order may have changed. */
export function refreshAccount(): void {
  for (const queryKey of ACCOUNT_KEYS) void queryClient.invalidateQueries({ queryKey });
}

stream.onGap(refreshAccount);
