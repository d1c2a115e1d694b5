import { describe, expect, it } from 'vitest';

import { decimal, floorTo, isMultiple, parseDecimal, plain, signOf } from './decimal';

describe('what a person types', () => {
  it.each([
    ['10', '10'],
    ['1,250.5', '1250.5'],
    ['$213.45', '213.45'],
    ['.5', '0.5'],
    ['7.', '7'],
  ])('reads %s as %s', (typed, value) => {
    expect(parseDecimal(typed)?.toFixed()).toBe(value);
  });

  it.each(['', 'ten', '-1', '1e3', '1.2.3', 'NaN', 'Infinity', '1'.repeat(16), '0.123456789'])(
    'refuses %s',
    (typed) => {
      expect(parseDecimal(typed)).toBeNull();
    },
  );
});

it('adds cents without a float', () => {
  expect(plain(decimal('0.1').plus(decimal('0.2')))).toBe('0.3');
});

it('refuses a JavaScript number, which could carry a float', () => {
  expect(() => decimal('1').plus(0.1)).toThrow();
});

it('cuts to whole lots, never up', () => {
  expect(plain(floorTo(decimal('4.99'), decimal('1')))).toBe('4');
  expect(plain(floorTo(decimal('0.123456789'), decimal('0.00000001')))).toBe('0.12345678');
});

it('knows what lies on a tick', () => {
  expect(isMultiple(decimal('213.45'), decimal('0.01'))).toBe(true);
  expect(isMultiple(decimal('213.455'), decimal('0.01'))).toBe(false);
});

it('tells the sign of what the exchange writes', () => {
  expect([signOf('-0.01'), signOf('0.00'), signOf('3')]).toEqual([-1, 0, 1]);
});
