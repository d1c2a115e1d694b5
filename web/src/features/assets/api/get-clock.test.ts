import { expect, it } from 'vitest';

import { clockTruth } from './get-clock';

const timestamp = '2026-03-06T14:29:50.250000Z';

it('asks the clock again right after the next change', () => {
  expect(clockTruth({ timestamp, nextChange: { at: '2026-03-06T14:30:00.000000Z' } })).toBe(10_250);
});

it('asks every minute where nothing changes soon, or nothing is known', () => {
  expect(clockTruth({ timestamp, nextChange: { at: '2026-03-06T21:00:00.000000Z' } })).toBe(60_000);
  expect(clockTruth({ timestamp, nextChange: null })).toBe(60_000);
  expect(clockTruth(undefined)).toBe(60_000);
});

it('does not ask without a pause when the change is late', () => {
  expect(clockTruth({ timestamp, nextChange: { at: timestamp } })).toBe(500);
});
