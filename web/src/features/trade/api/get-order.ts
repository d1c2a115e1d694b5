import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** One order as it stands; order updates of the stream keep it fresh. */
export const orderQuery = (orderId: string) =>
  queryOptions({
    queryKey: keys.order(orderId),
    queryFn: ({ signal }) => unwrap(api.GET('/v1/orders/{orderId}', { params: { path: { orderId } }, signal })),
  });
