import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

import { RANGES, type RangeName } from '../ranges';

const EMPTY_AGAIN_MS = 3_000;

/** The candles of a range, oldest first; the newest one goes on with the stream's ticks. */
export const historyQuery = (symbol: string, range: RangeName) =>
  queryOptions({
    queryKey: keys.history(symbol, range),
    queryFn: ({ signal }) =>
      unwrap(
        api.GET('/v1/history/{symbol}', {
          params: { path: { symbol }, query: { interval: RANGES[range].interval, limit: RANGES[range].limit } },
          signal,
        }),
      ),
    staleTime: 60_000,
    // A chart that has not begun yet, of a symbol whose first trade was just now, is asked for until it has.
    refetchInterval: (query) => (query.state.data?.candles.length === 0 ? EMPTY_AGAIN_MS : false),
  });
