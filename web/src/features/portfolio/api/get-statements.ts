import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** The months that there is a statement of, newest first. */
export const statementsQuery = queryOptions({
  queryKey: keys.statements,
  queryFn: ({ signal }) => unwrap(api.GET('/v1/statements', { signal })),
});
