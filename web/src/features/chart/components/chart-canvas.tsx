import {
  AreaSeries,
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  LineStyle,
  type IChartApi,
  type ISeriesApi,
  type UTCTimestamp,
} from 'lightweight-charts';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';

import { useShownTheme, usePreferences } from '@/lib/preferences';

import type { Bar } from '../points';

export interface ChartHandle {
  /** The bar under a horizontal place of the canvas, in its pixels. */
  indexAt: (x: number) => number | null;
  /** Draw the data cursor at a bar, or take it away. */
  point: (index: number | null) => void;
  /** Move or append the newest bar without painting the rest again. */
  update: (bar: Bar) => void;
}

interface ChartCanvasProps {
  bars: readonly Bar[];
  view: 'line' | 'candles';
  /** Seconds of one bar: below a day the axis shows local times. */
  step: number;
  base: string;
  rising: boolean;
  /** Show the price axis; a phone's line leaves it out. */
  axis: boolean;
  ref: Ref<ChartHandle>;
}

const DAY_SECONDS = 86_400;
const HEX = /^#[0-9a-f]{6}$/i;

function colour(name: string, alpha = ''): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return HEX.test(value) ? value + alpha : value;
}

/** The chart library knows only UTC: local times are painted by moving the clock. */
function shown(bar: Bar, step: number): UTCTimestamp {
  if (step >= DAY_SECONDS) return bar.at as UTCTimestamp;
  return (bar.at - new Date(bar.at * 1000).getTimezoneOffset() * 60) as UTCTimestamp;
}

// Floats paint pixels here and nowhere else.
function candle(bar: Bar, step: number) {
  return { time: shown(bar, step), open: +bar.open, high: +bar.high, low: +bar.low, close: +bar.close };
}

function lineOf(bar: Bar, step: number) {
  return { time: shown(bar, step), value: +bar.close };
}

/** The painted chart (TradingView Lightweight Charts); what it shows is also told in words and as a table. */
export function ChartCanvas({ bars, view, step, base, rising, axis, ref }: ChartCanvasProps) {
  const place = useRef<HTMLDivElement>(null);
  const drawn = useRef<{ chart: IChartApi; series: ISeriesApi<'Area' | 'Candlestick'> } | null>(null);
  const theme = useShownTheme();
  const { colours } = usePreferences();

  useEffect(() => {
    if (place.current === null) return undefined;
    const chart = createChart(place.current, {
      autoSize: true,
      handleScroll: false,
      handleScale: false,
      layout: {
        background: { type: ColorType.Solid, color: 'transparent' },
        textColor: colour('--ink-quiet'),
        fontFamily: getComputedStyle(document.body).fontFamily,
        fontSize: 12,
        attributionLogo: false,
      },
      grid: { vertLines: { visible: false }, horzLines: { visible: false } },
      rightPriceScale: { visible: axis, borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.08 } },
      timeScale: {
        visible: axis,
        borderVisible: false,
        timeVisible: step < DAY_SECONDS,
        secondsVisible: false,
        fixLeftEdge: true,
        fixRightEdge: true,
        lockVisibleTimeRangeOnResize: true,
      },
      crosshair: {
        mode: CrosshairMode.Magnet,
        vertLine: { color: colour('--ink-faint'), width: 1, style: LineStyle.Solid, labelVisible: false },
        horzLine: { visible: false, labelVisible: false },
      },
    });
    const series =
      view === 'candles'
        ? chart.addSeries(CandlestickSeries, {
            upColor: colour('--gain'),
            downColor: colour('--loss'),
            wickUpColor: colour('--gain'),
            wickDownColor: colour('--loss'),
            borderVisible: false,
            priceLineVisible: false,
            lastValueVisible: false,
          })
        : chart.addSeries(AreaSeries, {
            lineWidth: 2,
            priceLineVisible: false,
            lastValueVisible: false,
            crosshairMarkerBorderColor: colour('--paper'),
            crosshairMarkerRadius: 5,
          });
    series.setData(bars.map((bar) => (view === 'candles' ? candle(bar, step) : lineOf(bar, step))));
    series.createPriceLine({
      price: +base,
      color: colour('--ink-faint'),
      lineWidth: 1,
      lineStyle: LineStyle.SparseDotted,
      axisLabelVisible: false,
      title: '',
    });
    chart.timeScale().fitContent();
    drawn.current = { chart, series };
    return () => {
      drawn.current = null;
      chart.remove();
    };
  }, [bars, view, step, base, axis, theme, colours]);

  // The line takes its colour by itself: a price that crosses the base paints nothing else again.
  useEffect(() => {
    const series = drawn.current?.series;
    if (series?.seriesType() !== 'Area') return;
    const tone = colour(rising ? '--gain' : '--loss');
    series.applyOptions({
      lineColor: tone,
      topColor: `${tone}24`,
      bottomColor: `${tone}00`,
      crosshairMarkerBackgroundColor: tone,
    });
  }, [rising, bars, view, step, base, axis, theme, colours]);

  useImperativeHandle(ref, () => ({
    indexAt: (x) => drawn.current?.chart.timeScale().coordinateToLogical(x) ?? null,
    point: (index) => {
      const bar = index === null ? undefined : bars[index];
      if (drawn.current === null) return;
      const { chart, series } = drawn.current;
      if (bar === undefined) chart.clearCrosshairPosition();
      else chart.setCrosshairPosition(+bar.close, shown(bar, step), series);
    },
    update: (bar) => {
      drawn.current?.series.update(view === 'candles' ? candle(bar, step) : lineOf(bar, step));
    },
  }));

  return <div ref={place} style={{ height: '100%', pointerEvents: 'none' }} aria-hidden="true" />;
}
