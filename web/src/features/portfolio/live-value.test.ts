import { expect, it } from 'vitest';

import type { Portfolio } from '@/lib/api/types';
import type { Tick } from '@/lib/stream/messages';

import { liveValue } from './live-value';

const portfolio = {
  totalValue: '1000.00',
  dayPnL: '10.00',
  totalPnL: '-5.00',
  holdings: [{ symbol: 'AAPL', quantity: '2', price: '100.00', marketValue: '200.00' }],
} as Portfolio;
const ticks = (price: string) => new Map([['AAPL', { symbol: 'AAPL', price } as Tick]]);

it('is what the exchange told until a price moves', () => {
  expect(liveValue(portfolio, new Map())).toMatchObject({ totalValue: '1000', dayPnL: '10', totalPnL: '-5' });
});

it('moves every total by what the holdings moved', () => {
  expect(liveValue(portfolio, ticks('103.50'))).toMatchObject({ totalValue: '1007', dayPnL: '17', totalPnL: '2' });
});

it('counts the day in percent of what was there before it', () => {
  expect(liveValue(portfolio, ticks('99.00')).dayPnLPercent).toMatch(/^0\.8080/);
});
