import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';

import { Change } from '@/components/ui/change/change';
import { Segmented } from '@/components/ui/segmented/segmented';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { Typography } from '@/components/ui/typography/typography';
import type { Performance } from '@/lib/api/types';
import { signOf } from '@/lib/decimal';
import { momentOf, money, signedMoney } from '@/lib/format';

import { CURVE_RANGES, performanceQuery, type CurveRange } from '../api/get-performance';
import { curvePath, HEIGHT, WIDTH } from '../curve-path';
import styles from './value-curve.module.css';

const OPTIONS = CURVE_RANGES.map((range) => [range, range === 'ALL' ? 'All' : range] as const);
const SINCE: Record<Exclude<CurveRange, '1D'>, string> = {
  '1W': 'in a week',
  '1M': 'in a month',
  '3M': 'in three months',
  '1Y': 'in a year',
  ALL: 'since the account was opened',
};

function Curve({ data }: { data: Performance }) {
  const path = useMemo(() => curvePath(data.points), [data.points]);
  const sign = signOf(data.pnl);
  const words = `Portfolio value from ${money(data.startValue)} to ${money(data.endValue)}, profit ${signedMoney(data.pnl)}`;
  return (
    <svg
      className={`${styles.curve ?? ''} ${(sign > 0 ? styles.gain : sign < 0 ? styles.loss : styles.flat) ?? ''}`}
      viewBox={`0 0 ${String(WIDTH)} ${String(HEIGHT)}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words}
    >
      <path className={styles.area} d={path.area} />
      <line className={styles.base} x1="0" x2={WIDTH} y1={path.base} y2={path.base} />
      <path className={styles.line} d={path.line} />
    </svg>
  );
}

/** What was earned over the range; what the day earned is live above the curve, so there is the curve's time. */
function Earned({ data }: { data: Performance }) {
  if (data.range === '1D') return <span className={styles.note}>As of {momentOf(data.timestamp)}</span>;
  return <Change amount={data.pnl} percent={data.pnlPercent} since={SINCE[data.range]} size="small" />;
}

/** What everything was worth over a range, and what it earned in it, deposits taken out. */
export function ValueCurve() {
  const [range, setRange] = useState<CurveRange>('1D');
  const { data, isError } = useQuery({ ...performanceQuery(range), placeholderData: keepPreviousData });
  return (
    <section aria-label="Portfolio value over time" aria-busy={data === undefined}>
      <div className={styles.place}>
        {data !== undefined && <Curve data={data} />}
        {data === undefined && isError && (
          <Typography tone="quiet">The past of your portfolio cannot be read right now.</Typography>
        )}
      </div>
      <p className={styles.words}>
        {data === undefined ? !isError && <Skeleton width="20ch" /> : <Earned data={data} />}
      </p>
      <Segmented
        label="Range of the portfolio's value"
        value={range}
        options={OPTIONS}
        onChange={setRange}
        look="plain"
      />
    </section>
  );
}
