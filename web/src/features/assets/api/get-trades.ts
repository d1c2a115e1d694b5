import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** The last trades, newest first; what follows comes by the stream. */
export const tradesQuery = (symbol: string, limit: number) =>
  queryOptions({
    queryKey: keys.trades(symbol),
    queryFn: ({ signal }) =>
      unwrap(api.GET('/v1/trades/{symbol}', { params: { path: { symbol }, query: { limit } }, signal })),
  });
