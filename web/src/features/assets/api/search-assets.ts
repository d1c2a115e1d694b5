import { keepPreviousData, queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

const FOUND_MAX = 20;

/** Assets whose ticker or name is like the text, best match first. */
export const searchAssetsQuery = (search: string) =>
  queryOptions({
    queryKey: keys.search(search),
    queryFn: ({ signal }) => unwrap(api.GET('/v1/assets', { params: { query: { search, limit: FOUND_MAX } }, signal })),
    placeholderData: keepPreviousData,
  });
