export type RangeName = '1D' | '1W' | '1M' | '3M' | '1Y';

interface Range {
  interval: string;
  /** Seconds of one candle. */
  step: number;
  /** Candles asked for. */
  limit: number;
  /** How the change over it is called. */
  since: string;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const RANGES: Record<RangeName, Range> = {
  '1D': { interval: '5m', step: 5 * MINUTE, limit: 288, since: 'today' },
  '1W': { interval: '1h', step: HOUR, limit: 168, since: 'past week' },
  '1M': { interval: '1d', step: DAY, limit: 30, since: 'past month' },
  '3M': { interval: '1d', step: DAY, limit: 91, since: 'past 3 months' },
  '1Y': { interval: '1d', step: DAY, limit: 365, since: 'past year' },
};

const RANGE_NAMES = Object.keys(RANGES) as RangeName[];
export const RANGE_OPTIONS = RANGE_NAMES.map((name) => [name, name] as const);

export function isRangeName(text: unknown): text is RangeName {
  return typeof text === 'string' && text in RANGES;
}
