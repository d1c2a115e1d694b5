import { describe, expect, it } from 'vitest';

import { Problem } from '@/lib/api/problem';

import { isOutcomeUnknown, isRetry, refusalOf } from './refusal';

const problem = (code: string, status: number, errors: Problem['errors'] = [], retryable = false) =>
  new Problem({ code, status, title: code, detail: `detail of ${code}`, requestId: null, retryable, errors });

describe('where a refusal is shown', () => {
  it.each([
    ['INSUFFICIENT_FUNDS', 'amount'],
    ['INSUFFICIENT_SHARES', 'amount'],
    ['PRICE_OUTSIDE_COLLAR', 'price'],
    ['TICK_SIZE', 'price'],
    ['MARKET_CLOSED', 'form'],
  ])('%s belongs to the %s', (code, field) => {
    expect(refusalOf(problem(code, 422))).toEqual({ field, detail: `detail of ${code}` });
  });

  it('follows the pointer of a malformed field', () => {
    const errors = [{ pointer: '/price', code: 'MALFORMED', detail: 'Not a price.' }];
    expect(refusalOf(problem('BAD_REQUEST', 400, errors))).toEqual({ field: 'price', detail: 'Not a price.' });
  });
});

describe('whether the order may have happened', () => {
  it.each([
    ['OUTCOME_UNKNOWN', 503, true],
    ['NETWORK', 0, true],
    ['SERVER_ERROR', 500, true],
    ['UNAVAILABLE', 503, false],
    ['OVERLOADED', 503, false],
    ['RATE_LIMITED', 429, false],
    ['INSUFFICIENT_FUNDS', 422, false],
  ])('%s (%i): %s', (code, status, unknown) => {
    expect(isOutcomeUnknown(problem(code, status))).toBe(unknown);
  });

  it('is unknown after a failure that nobody foresaw', () => {
    expect(isOutcomeUnknown(new TypeError('boom'))).toBe(true);
  });

  it('surely did not where the exchange says that the same order may be sent again', () => {
    expect(isRetry(problem('UNAVAILABLE', 503, [], true))).toBe(true);
    expect(isRetry(problem('OUTCOME_UNKNOWN', 503, [], true))).toBe(false);
    expect(isRetry(problem('INSUFFICIENT_FUNDS', 422))).toBe(false);
  });
});
