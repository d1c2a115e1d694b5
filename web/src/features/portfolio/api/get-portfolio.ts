import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** Cash, buying power and holdings, valued when asked. */
export const portfolioQuery = queryOptions({
  queryKey: keys.portfolio,
  queryFn: ({ signal }) => unwrap(api.GET('/v1/portfolio', { signal })),
});
