import type { Performance } from '@/lib/api/types';

export const WIDTH = 600;
export const HEIGHT = 120;
const EDGE = 6;

type Point = Performance['points'][number];

/** A curve painted in WIDTH x HEIGHT: its line, the surface under it, and how high its first value lies. */
export interface CurvePath {
  line: string;
  area: string;
  base: number;
}

/** Points by time and total value; a value that never moved is a line through the middle. Floats paint pixels
 *  here and nowhere else. */
export function curvePath(points: readonly Point[]): CurvePath {
  const times = points.map((point) => Date.parse(point.timestamp));
  const values = points.map((point) => +point.totalValue);
  const [first = 0, last = 0] = [times[0], times.at(-1)];
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const height = (value: number): number =>
    span === 0 ? HEIGHT / 2 : HEIGHT - EDGE - ((value - low) / span) * (HEIGHT - 2 * EDGE);
  const places = values.map((value, index) => {
    const part =
      last === first ? index / Math.max(1, values.length - 1) : ((times[index] ?? first) - first) / (last - first);
    return `${(part * WIDTH).toFixed(1)} ${height(value).toFixed(1)}`;
  });
  const line = `M${places.join('L')}`;
  return { line, area: `${line}V${String(HEIGHT)}H0Z`, base: height(values[0] ?? 0) };
}
