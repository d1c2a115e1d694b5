import Big from 'big.js';

import { decimal, type Decimal } from './decimal';

const MINUS = '\u2212';

function grouped(text: string): string {
  const [whole = '0', fraction] = text.split('.');
  const groups = whole.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return fraction === undefined ? groups : `${groups}.${fraction}`;
}

/** `1234.5` as `$1,234.50`. Prices below a dollar keep their four decimals. */
export function money(value: string | Decimal): string {
  const amount = typeof value === 'string' ? decimal(value) : value;
  const size = amount.abs();
  const places = size.gt('0') && size.lt('1') && !size.times('100').mod('1').eq('0') ? 4 : 2;
  return `${amount.lt('0') ? MINUS : ''}$${grouped(size.toFixed(places))}`;
}

/** The same with its sign said: `+$2.31`, `−$2.31`, `$0.00`. */
export function signedMoney(value: string | Decimal): string {
  const amount = typeof value === 'string' ? decimal(value) : value;
  return amount.gt('0') ? `+${money(amount)}` : money(amount);
}

export function signedPercent(value: string | Decimal): string {
  const amount = typeof value === 'string' ? decimal(value) : value;
  const rounded = amount.round(2, Big.roundHalfUp);
  const sign = rounded.gt('0') ? '+' : rounded.lt('0') ? MINUS : '';
  return `${sign}${grouped(rounded.abs().toFixed(2))}%`;
}

/** A quantity of shares: `1,250`, `0.5`. */
export function quantity(value: string | Decimal): string {
  const amount = typeof value === 'string' ? decimal(value) : value;
  return grouped(
    amount
      .toFixed()
      .replace(/(\.\d*?)0+$/, '$1')
      .replace(/\.$/, ''),
  );
}

export function shares(value: string | Decimal): string {
  const text = quantity(value);
  return `${text} ${text === '1' ? 'share' : 'shares'}`;
}

const SCALES: readonly (readonly [string, string])[] = [
  ['1000000000000', 'T'],
  ['1000000000', 'B'],
  ['1000000', 'M'],
];

/** `4514709504000` as `$4.51T`. */
export function compactMoney(value: string): string {
  const amount = decimal(value);
  for (const [scale, letter] of SCALES) {
    if (amount.gte(scale)) return `$${amount.div(scale).toFixed(2)}${letter}`;
  }
  return `$${grouped(amount.toFixed(0))}`;
}

const clock = new Intl.DateTimeFormat('en-US', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockSeconds = new Intl.DateTimeFormat('en-US', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric' });
const dayAndYear = new Intl.DateTimeFormat('en-US', { month: 'short', day: 'numeric', year: 'numeric' });
const monthAndYear = new Intl.DateTimeFormat('en-US', { month: 'long', year: 'numeric' });
const weekday = new Intl.DateTimeFormat('en-US', {
  weekday: 'long',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
});

const timeOf = (at: string | number): string => clock.format(new Date(at));
export const timeWithSeconds = (at: string | number): string => clockSeconds.format(new Date(at));
const dateOf = (at: string | number): string => day.format(new Date(at));
export const fullDateOf = (at: string | number): string => dayAndYear.format(new Date(at));
export const weekdayTimeOf = (at: string | number): string => weekday.format(new Date(at));

/** `2026-03` as `March 2026`. */
export const monthOf = (month: string): string => monthAndYear.format(new Date(`${month}-15T12:00:00Z`));

/** Today as a time, this year as a date with time, older as a full date. */
export function momentOf(at: string, now: Date = new Date()): string {
  const then = new Date(at);
  if (then.toDateString() === now.toDateString()) return timeOf(at);
  if (then.getFullYear() === now.getFullYear()) return `${dateOf(at)}, ${timeOf(at)}`;
  return fullDateOf(at);
}
