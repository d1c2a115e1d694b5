import { describe, expect, it } from 'vitest';

import { plain } from '@/lib/decimal';

import {
  estimate,
  fieldErrors,
  most,
  movedAgainst,
  newClientOrderId,
  planned,
  type Draft,
  type Terms,
} from './order-draft';

const terms: Terms = {
  symbol: 'AAPL',
  tickSize: '0.01',
  lotSize: '1',
  bid: '213.40',
  ask: '213.45',
  last: '213.42',
  buyingPower: '1000.00',
  availableShares: '3',
};
const buy: Draft = { side: 'BUY', type: 'MARKET', unit: 'shares', amount: '2', price: '', timeInForce: 'DAY' };
const sell: Draft = { ...buy, side: 'SELL' };
const limit: Draft = { ...buy, type: 'LIMIT', price: '200' };

describe('the estimate', () => {
  it('buys at the ask and sells at the bid', () => {
    expect(plain(estimate(buy, terms)!.cost)).toBe('426.9');
    expect(plain(estimate(sell, terms)!.cost)).toBe('426.8');
  });

  it('takes the last price where the other side is empty', () => {
    expect(plain(estimate(buy, { ...terms, ask: null })!.each)).toBe('213.42');
  });

  it('turns dollars into whole shares, never more than asked for', () => {
    expect(plain(estimate({ ...buy, unit: 'dollars', amount: '640' }, terms)!.quantity)).toBe('2');
  });

  it('turns dollars into parts of a share where they trade, cut to what can be read', () => {
    const fractional = { ...terms, lotSize: '0.00000001' };
    expect(plain(estimate({ ...buy, unit: 'dollars', amount: '640' }, fractional)!.quantity)).toBe('2.9983');
  });

  it('is open while a price is missing', () => {
    expect(estimate({ ...limit, price: '' }, terms)).toBeNull();
  });
});

describe('the most', () => {
  it('leaves room for what a market order holds until it fills', () => {
    expect(plain(most(buy, terms))).toBe('4');
    expect(plain(most({ ...limit, price: '213.45' }, { ...terms, buyingPower: '1067.25' }))).toBe('5');
  });

  it('is whole shares even where parts of one trade, unless one is too dear', () => {
    const fractional = { ...terms, lotSize: '0.00000001' };
    expect(plain(most(buy, fractional))).toBe('4');
    expect(plain(most(buy, { ...fractional, buyingPower: '100' }))).toBe('0.4461');
    expect(plain(most(sell, { ...fractional, availableShares: '2.12345678' }))).toBe('2.12345678');
  });

  it('sells what is not reserved', () => {
    expect(plain(most(sell, terms))).toBe('3');
  });
});

describe('errors beside the field', () => {
  it('finds none in a good order', () => {
    expect(fieldErrors(buy, terms)).toEqual({});
    expect(fieldErrors(limit, terms)).toEqual({});
  });

  it.each([
    [{ ...buy, amount: '' }, 'Enter a number of shares.'],
    [{ ...buy, amount: 'two' }, 'Enter a number above zero.'],
    [{ ...buy, amount: '0' }, 'Enter a number above zero.'],
    [{ ...buy, amount: '1.5' }, 'Whole shares only.'],
    [{ ...buy, unit: 'dollars' as const, amount: '50' }, 'One share costs about $213.45.'],
    [{ ...limit, amount: '6' }, 'You need $1,200.00 and have $1,000.00.'],
    [{ ...sell, amount: '4' }, 'You have 3 shares to sell.'],
  ])('names what is wrong with the amount of %o', (draft, words) => {
    expect(fieldErrors(draft, terms).amount).toBe(words);
  });

  it('says that a market order holds more where only that is too much', () => {
    expect(fieldErrors(buy, { ...terms, buyingPower: '430.00' }).amount).toContain('holds 5% more');
  });

  it.each([
    ['', 'Enter a price.'],
    ['abc', 'Enter a price like 213.45.'],
    ['200.005', 'Prices go in steps of $0.01.'],
  ])('names what is wrong with the price "%s"', (price, words) => {
    expect(fieldErrors({ ...limit, price }, terms).price).toBe(words);
  });
});

describe('the planned order', () => {
  it('is a market order without a price', () => {
    const plan = planned(buy, terms, 'web-1');
    expect(plan?.order).toEqual({
      symbol: 'AAPL',
      side: 'BUY',
      type: 'MARKET',
      timeInForce: 'IOC',
      quantity: '2',
      clientOrderId: 'web-1',
    });
    expect(plan?.seen).toBe('213.45');
  });

  it('is a limit order with one', () => {
    expect(planned({ ...limit, price: '200.50', timeInForce: 'GTC' }, terms, 'web-1')?.order).toMatchObject({
      type: 'LIMIT',
      price: '200.5',
      timeInForce: 'GTC',
    });
  });

  it('has an id that the exchange takes and that is never the same', () => {
    expect(newClientOrderId()).toMatch(/^[A-Za-z0-9._:-]{1,48}$/);
    expect(newClientOrderId()).not.toBe(newClientOrderId());
  });
});

describe('a price that moves while the review is open', () => {
  it('matters only when it moves against the order', () => {
    expect(movedAgainst('BUY', '100', '100.50')).toBe(true);
    expect(movedAgainst('BUY', '100', '99')).toBe(false);
    expect(movedAgainst('SELL', '100', '99')).toBe(true);
  });

  it('does not matter by a tick', () => {
    expect(movedAgainst('BUY', '213.45', '213.46')).toBe(false);
  });
});
