import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** The order book's best levels when asked; what follows comes by the stream. */
export const bookQuery = (symbol: string, depth: number) =>
  queryOptions({
    queryKey: keys.book(symbol),
    queryFn: ({ signal }) =>
      unwrap(api.GET('/v1/book/{symbol}', { params: { path: { symbol }, query: { depth } }, signal })),
  });
