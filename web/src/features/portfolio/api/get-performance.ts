import { queryOptions } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { keys } from '@/lib/query-keys';

export const CURVE_RANGES = ['1D', '1W', '1M', '3M', '1Y', 'ALL'] as const;
export type CurveRange = (typeof CURVE_RANGES)[number];

const MINUTE_MS = 60_000;

/** What the account was worth over a range; its last point is the portfolio as it was then. */
export const performanceQuery = (range: CurveRange) =>
  queryOptions({
    queryKey: keys.performance(range),
    queryFn: ({ signal }) => unwrap(api.GET('/v1/portfolio/performance', { params: { query: { range } }, signal })),
    refetchInterval: MINUTE_MS,
  });
