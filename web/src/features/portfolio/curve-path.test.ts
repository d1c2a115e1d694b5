import { describe, expect, it } from 'vitest';

import { curvePath, HEIGHT, WIDTH } from './curve-path';

function point(timestamp: string, totalValue: string) {
  return { timestamp, totalValue, cashBalance: '0.00', holdingsValue: '0.00', pnl: '0.00', pnlPercent: '0.00' };
}

describe('curvePath', () => {
  it('places points by their time and value, the highest above the lowest', () => {
    const { line } = curvePath([
      point('2026-03-05T10:00:00Z', '100.00'),
      point('2026-03-05T10:45:00Z', '110.00'),
      point('2026-03-05T11:00:00Z', '105.00'),
    ]);
    const places = line
      .slice(1)
      .split('L')
      .map((place) => place.split(' ').map(Number));
    expect(places.map(([x]) => x)).toEqual([0, WIDTH * 0.75, WIDTH]);
    const [low, high, between] = places.map(([, y]) => y ?? 0);
    expect(high).toBeLessThan(between ?? 0);
    expect(between).toBeLessThan(low ?? 0);
    expect(low).toBeLessThan(HEIGHT);
  });

  it('draws what never moved through the middle, from edge to edge', () => {
    const same = '2026-03-05T10:00:00Z';
    const { line, base } = curvePath([point(same, '100.00'), point(same, '100.00')]);
    expect(base).toBe(HEIGHT / 2);
    expect(line).toBe(`M0.0 ${base.toFixed(1)}L${WIDTH.toFixed(1)} ${base.toFixed(1)}`);
  });

  it('draws cents of a fortune as nearly level', () => {
    const { line } = curvePath([point('2026-03-05T10:00:00Z', '100000.00'), point('2026-03-05T11:00:00Z', '99999.90')]);
    const [first = 0, last = 0] = line
      .slice(1)
      .split('L')
      .map((place) => +(place.split(' ')[1] ?? 0));
    expect(last).toBeGreaterThan(first);
    expect(last - first).toBeLessThan(1);
  });

  it('closes the surface under the line', () => {
    const { line, area } = curvePath([point('2026-03-05T10:00:00Z', '1.00'), point('2026-03-05T11:00:00Z', '2.00')]);
    expect(area).toBe(`${line}V${String(HEIGHT)}H0Z`);
  });
});
