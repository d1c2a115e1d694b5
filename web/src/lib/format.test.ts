import { expect, it } from 'vitest';

import { compactMoney, money, quantity, shares, signedMoney, signedPercent } from './format';

it.each([
  ['1234.5', '$1,234.50'],
  ['0', '$0.00'],
  ['-12', '\u2212$12.00'],
  ['0.1234', '$0.1234'],
  ['0.50', '$0.50'],
  ['1000000', '$1,000,000.00'],
])('writes the money %s as %s', (value, words) => {
  expect(money(value)).toBe(words);
});

it('says the sign of a change, and none for zero', () => {
  expect([signedMoney('2.31'), signedMoney('-2.31'), signedMoney('0.00')]).toEqual(['+$2.31', '\u2212$2.31', '$0.00']);
});

it('gives no sign to a percentage that rounds to zero', () => {
  expect([signedPercent('-0.001'), signedPercent('1.1'), signedPercent('-12.345')]).toEqual([
    '0.00%',
    '+1.10%',
    '\u221212.35%',
  ]);
});

it('writes shares without trailing zeros', () => {
  expect([quantity('1250.50000000'), quantity('10'), quantity('100')]).toEqual(['1,250.5', '10', '100']);
});

it('knows one share from two', () => {
  expect([shares('1'), shares('2'), shares('0.5')]).toEqual(['1 share', '2 shares', '0.5 shares']);
});

it('shortens a market value', () => {
  expect([compactMoney('4514709504000'), compactMoney('81250000000'), compactMoney('950000')]).toEqual([
    '$4.51T',
    '$81.25B',
    '$950,000',
  ]);
});
