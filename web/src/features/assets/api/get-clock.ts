import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

const EVERY_MS = 60_000;
const AFTER_CHANGE_MS = 500;

/** Until when an answer of the clock is true: the next change, or a minute. */
export function clockTruth(clock: { timestamp: string; nextChange: { at: string } | null } | undefined): number {
  if (clock?.nextChange == null) return EVERY_MS;
  const left = Date.parse(clock.nextChange.at) - Date.parse(clock.timestamp);
  return Math.min(EVERY_MS, Math.max(0, left) + AFTER_CHANGE_MS);
}

/** Whether the market is open, and when that changes. */
export const clockQuery = queryOptions({
  queryKey: keys.clock,
  queryFn: ({ signal }) => unwrap(api.GET('/v1/clock', { signal })),
  refetchInterval: (query) => clockTruth(query.state.data),
});
