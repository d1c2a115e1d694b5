import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** What is known of one company's share, with its price when asked. */
export const assetQuery = (symbol: string) =>
  queryOptions({
    queryKey: keys.asset(symbol),
    queryFn: ({ signal }) => unwrap(api.GET('/v1/assets/{symbol}', { params: { path: { symbol } }, signal })),
  });
