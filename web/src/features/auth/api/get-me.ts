import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** Who is signed in; refused with UNAUTHENTICATED when nobody is. */
export const meQuery = queryOptions({
  queryKey: keys.me,
  queryFn: ({ signal }) => unwrap(api.GET('/v1/me', { signal })),
  staleTime: 5 * 60_000,
});
