import { infiniteQueryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

export type Show = 'open' | 'done';

const STATUS: Record<Show, string> = { open: 'OPEN', done: 'ENDED' };
const PAGE = 25;

/** The account's orders, newest first, a page at a time. */
export const ordersQuery = (show: Show, symbol: string | undefined) =>
  infiniteQueryOptions({
    queryKey: keys.orders({ status: STATUS[show], symbol }),
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        api.GET('/v1/orders', {
          params: {
            query: {
              status: STATUS[show],
              limit: PAGE,
              ...(symbol === undefined ? {} : { symbol }),
              ...(pageParam === null ? {} : { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.nextCursor,
  });
