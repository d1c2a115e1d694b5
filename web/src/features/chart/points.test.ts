import { expect, it } from 'vitest';

import type { Tick } from '@/lib/stream/messages';

import { barAfter, baseOf, changeFrom, type Bar } from './points';

const bar: Bar = { at: 600, open: '10', high: '12', low: '9', close: '11', volume: '5' };
const tick = (price: string, seconds: number): Tick => ({
  type: 'TICK',
  symbol: 'AAPL',
  price,
  bid: null,
  ask: null,
  change: '0',
  changePercent: '0',
  volume: '0',
  ts: seconds * 1000,
  seq: 1,
});

it('moves the newest bar within its time', () => {
  expect(barAfter(bar, tick('13', 899), 300)).toEqual({ ...bar, close: '13', high: '13' });
  expect(barAfter(bar, tick('8', 601), 300)).toEqual({ ...bar, close: '8', low: '8' });
});

it('begins a new bar at the next boundary, where the last one closed', () => {
  expect(barAfter(bar, tick('12', 901), 300)).toEqual({
    at: 900,
    open: '11',
    high: '12',
    low: '12',
    close: '12',
    volume: '0',
  });
});

it('takes no tick from before the newest bar', () => {
  expect(barAfter(bar, tick('12', 599), 300)).toBeNull();
});

it('counts the day from the previous close and a longer range from its beginning', () => {
  expect(baseOf([bar], '1D', '9.50')).toBe('9.50');
  expect(baseOf([bar], '1Y', '9.50')).toBe('10');
});

it('tells a change in money and percent', () => {
  expect(changeFrom('10', '11')).toEqual({ change: '1', changePercent: '10' });
  expect(changeFrom('0', '11').changePercent).toBe('0');
});
