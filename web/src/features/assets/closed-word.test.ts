import { expect, it } from 'vitest';

import { weekdayTimeOf } from '@/lib/format';

import { closedWord } from './closed-word';

const nextOpen = '2026-11-30T14:30:00.000000Z';
const at = weekdayTimeOf(nextOpen);
const closed = (phase: string) => ({ phase, isOpen: false, nextOpen });

it('has nothing to say while the market trades', () => {
  expect(closedWord({ phase: 'CONTINUOUS', isOpen: true, nextOpen: null }, 'CONTINUOUS')).toBeNull();
  expect(closedWord(undefined, undefined)).toBeNull();
});

it.each([
  ['CLOSED', `The market opens ${at}.`],
  ['PRE_OPEN', `The market opens ${at}.`],
  ['AUCTION_CALL', `Trading pauses for an auction and goes on ${at}.`],
  ['CLOSING_AUCTION', `The closing auction is under way. The market opens ${at}.`],
])('says in %s when trading begins', (phase, word) => {
  expect(closedWord(closed(phase), phase)).toBe(word);
});

it('promises no time where somebody closed the stock by hand', () => {
  expect(closedWord({ phase: 'CONTINUOUS', isOpen: true, nextOpen: null }, 'CLOSED')).toBe('The market is closed.');
});
