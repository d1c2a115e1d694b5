import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from 'react';

import { Error } from '@/components/ui/error/error';
import { Icon } from '@/components/ui/icon/icon';
import { Segmented } from '@/components/ui/segmented/segmented';
import { ToggleButton } from '@/components/ui/toggle-button/toggle-button';
import { Typography } from '@/components/ui/typography/typography';
import { decimal } from '@/lib/decimal';
import { useTick } from '@/lib/stream/use-market';
import { useWide } from '@/lib/use-wide';

import { historyQuery } from '../api/get-history';
import { barAfter, barsOf, baseOf, changeFrom, whenOf, type Bar, type Point } from '../points';
import { RANGE_OPTIONS, RANGES, type RangeName } from '../ranges';
import { CandleTable } from './candle-table';
import type { ChartHandle } from './chart-canvas';
import { DataCursor } from './data-cursor';
import styles from './price-chart.module.css';

// Asked for with this module, not with the first candles: the library is the largest part of the page.
const canvas = import('./chart-canvas');
const ChartCanvas = lazy(() => canvas.then((module) => ({ default: module.ChartCanvas })));

const NO_BARS: readonly Bar[] = [];
const NO_BAR: Bar = { at: 0, open: '0', high: '0', low: '0', close: '0', volume: '0' };

interface PriceChartProps {
  symbol: string;
  previousClose: string | undefined;
  range: RangeName;
  onRange: (range: RangeName) => void;
  view: 'line' | 'candles';
  onView: (view: 'line' | 'candles') => void;
  /** The bar under the data cursor, or null when it leaves. */
  onPoint: (point: Point | null) => void;
}

/** Price history as a line or candles, by range; the same numbers by keyboard and as a table. */
export function PriceChart({ symbol, previousClose, range, onRange, view, onView, onPoint }: PriceChartProps) {
  const [asTable, setAsTable] = useState(false);
  const history = useQuery(historyQuery(symbol, range));
  const bars = useMemo(() => (history.data === undefined ? NO_BARS : barsOf(history.data.candles)), [history.data]);
  return (
    <section className={styles.chart} aria-label={`${symbol} price history`} aria-busy={history.isPending}>
      <div className={styles.canvas}>
        {history.isError && history.data === undefined ? (
          <Error title="The chart could not be loaded" error={history.error} onRetry={() => void history.refetch()} />
        ) : history.data === undefined ? null : bars.length === 0 ? (
          <div className={styles.empty}>
            <Typography strong>No history yet</Typography>
            <Typography tone="quiet">{symbol} has not traded here. Its chart begins with the first trade.</Typography>
          </div>
        ) : asTable ? (
          <CandleTable symbol={symbol} bars={bars} range={range} />
        ) : (
          <LiveCanvas
            symbol={symbol}
            bars={bars}
            range={range}
            view={view}
            base={baseOf(bars, range, previousClose)}
            onPoint={onPoint}
          />
        )}
      </div>
      <div className={styles.controls}>
        <Segmented label="Range" look="plain" value={range} options={RANGE_OPTIONS} onChange={onRange} />
        <div className={styles.looks}>
          <ToggleButton
            label="Candles"
            isSelected={view === 'candles' && !asTable}
            isDisabled={asTable}
            onChange={(candles) => {
              onView(candles ? 'candles' : 'line');
            }}
          >
            <Icon name="candles" size={20} />
          </ToggleButton>
          <ToggleButton label="View as table" isSelected={asTable} onChange={setAsTable}>
            <Icon name="table" size={20} />
          </ToggleButton>
        </div>
      </div>
    </section>
  );
}

interface LiveCanvasProps {
  symbol: string;
  bars: readonly Bar[];
  range: RangeName;
  view: 'line' | 'candles';
  base: string;
  onPoint: (point: Point | null) => void;
}

/** The canvas with its newest bar moved by ticks, and the data cursor over it. */
function LiveCanvas({ symbol, bars, range, view, base, onPoint }: LiveCanvasProps) {
  const chart = useRef<ChartHandle>(null);
  const newest = useRef(bars.at(-1));
  const tick = useTick(symbol);
  const wide = useWide();
  const { step } = RANGES[range];

  useEffect(() => {
    newest.current = bars.at(-1);
  }, [bars]);
  useEffect(() => {
    const bar = tick === undefined || newest.current === undefined ? null : barAfter(newest.current, tick, step);
    if (bar === null) return;
    newest.current = bar;
    chart.current?.update(bar);
  }, [tick, step, bars]);

  const last = bars.at(-1);
  const rising = last === undefined || decimal(tick?.price ?? last.close).gte(decimal(base));
  const told = (index: number): Point => {
    const bar = bars[index] ?? last ?? NO_BAR;
    return { price: bar.close, ...changeFrom(base, bar.close), when: whenOf(bar, range) };
  };
  return (
    <DataCursor
      label={`${symbol} prices, ${range}`}
      count={bars.length}
      told={told}
      indexAt={(x) => chart.current?.indexAt(x) ?? null}
      onMove={(index) => {
        chart.current?.point(index);
        onPoint(index === null ? null : told(index));
      }}
    >
      <Suspense fallback={null}>
        <ChartCanvas
          ref={chart}
          bars={bars}
          view={view}
          step={step}
          base={base}
          rising={rising}
          axis={wide || view === 'candles'}
        />
      </Suspense>
    </DataCursor>
  );
}
