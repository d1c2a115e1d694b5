import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

/** A page of assets by market capitalisation, largest first. */
export const topAssetsQuery = (limit: number, offset: number) =>
  queryOptions({
    queryKey: keys.topAssets(limit, offset),
    queryFn: ({ signal }) => unwrap(api.GET('/v1/assets/top', { params: { query: { limit, offset } }, signal })),
    placeholderData: keepPreviousData,
  });
