import { weekdayTimeOf } from '@/lib/format';

interface Clock {
  phase: string;
  isOpen: boolean;
  nextOpen: string | null;
}

/**
 * Why no order is sent now and when trading goes on, in a sentence; null in continuous trading.
 *
 * The clock tells of the calendar, `status` of the one stock, which may be in a phase begun by hand.
 */
export function closedWord(clock: Clock | undefined, status: string | undefined): string | null {
  const phase = clock?.isOpen === false ? clock.phase : (status ?? 'CONTINUOUS');
  if (phase === 'CONTINUOUS') return null;
  if (clock?.nextOpen == null) return 'The market is closed.';
  const at = weekdayTimeOf(clock.nextOpen);
  if (phase === 'AUCTION_CALL') return `Trading pauses for an auction and goes on ${at}.`;
  if (phase === 'CLOSING_AUCTION') return `The closing auction is under way. The market opens ${at}.`;
  return `The market opens ${at}.`;
}
