import type { Performance } from '@/lib/api/types';

export const WIDTH = 600;
export const HEIGHT = 120;
const EDGE = 6;
const LEAST_SPAN = 0.001; // of the value, that the whole height shows: cents do not look like a crash

type Point = Performance['points'][number];

/** A curve painted in WIDTH x HEIGHT: its line, the surface under it, and how high its first value lies. */
export interface CurvePath {
  line: string;
  area: string;
  base: number;
}

/** Points by time and total value, the middle of what the value went through in the middle of the height. Floats
 *  paint pixels here and nowhere else. */
export function curvePath(points: readonly Point[]): CurvePath {
  const times = points.map((point) => Date.parse(point.timestamp));
  const values = points.map((point) => +point.totalValue);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(highest - lowest, highest * LEAST_SPAN) || 1;
  const height = (value: number): number =>
    HEIGHT / 2 - ((value - (lowest + highest) / 2) / span) * (HEIGHT - 2 * EDGE);
  const places = values.map((value, index) => {
    const part =
      last === first ? index / Math.max(1, values.length - 1) : ((times[index] ?? first) - first) / (last - first);
    return `${(part * WIDTH).toFixed(1)} ${height(value).toFixed(1)}`;
  });
  const line = `M${places.join('L')}`;
  return { line, area: `${line}V${String(HEIGHT)}H0Z`, base: height(values[0] ?? 0) };
}
