import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** Whether the market is open, and when that changes. */
export const clockQuery = queryOptions({
  queryKey: keys.clock,
  queryFn: ({ signal }) => unwrap(api.GET('/v1/clock', { signal })),
  refetchInterval: 60_000,
});
