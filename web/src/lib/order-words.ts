import type { Order, Side } from './api/types';
import { decimal } from './decimal';
import { money, quantity } from './format';

type Told = Pick<
  Order,
  | 'side'
  | 'symbol'
  | 'quantity'
  | 'status'
  | 'reason'
  | 'filledQuantity'
  | 'avgPrice'
  | 'price'
  | 'stopPrice'
  | 'type'
  | 'role'
  | 'timeInForce'
  | 'detail'
>;

/** "Buy 10 AAPL": what the order asks for. */
export function orderTitle(order: { side: Side; quantity: string; symbol: string }): string {
  return `${order.side === 'BUY' ? 'Buy' : 'Sell'} ${quantity(order.quantity)} ${order.symbol}`;
}

const ROLES: Record<string, string> = {
  LEG: 'One of two',
  PARENT: 'Entry',
  CHILD: 'Follow-up',
  TAKE_PROFIT: 'Take profit',
  STOP_LOSS: 'Stop loss',
};

/** "Take profit": what an order is in its group; empty for an order of its own. */
export function roleWords(order: Pick<Order, 'role'>): string {
  return order.role === null ? '' : (ROLES[order.role] ?? '');
}

/** "Stop loss · Stop at $205.00 · until cancelled": its part in a group, and on which terms. */
export function orderTerms(order: Pick<Told, 'type' | 'price' | 'stopPrice' | 'timeInForce' | 'role'>): string {
  const role = roleWords(order);
  return role === '' ? ownTerms(order) : `${role} · ${ownTerms(order)}`;
}

/** "Stop at $205.00 · until cancelled": the terms alone. */
export function ownTerms(order: Pick<Told, 'type' | 'price' | 'stopPrice' | 'timeInForce'>): string {
  if (order.type === 'MARKET') return 'Market price';
  const until = { GTC: ' · until cancelled', IOC: ' · at once or never', FOK: ' · all or nothing' }[
    order.timeInForce as string
  ];
  return `${priceWords(order)}${until ?? ' · good for day'}`;
}

/** "Limit $213.45", "Stop at $205.00, limit $204.00": at which price. */
function priceWords(order: Pick<Told, 'type' | 'price' | 'stopPrice'>): string {
  const stop = order.stopPrice === null ? '' : ` at ${money(order.stopPrice)}`;
  switch (order.type) {
    case 'STOP':
      return `Stop${stop}`;
    case 'TRAILING_STOP':
      return `Trailing stop${stop}`;
    case 'STOP_LIMIT':
      return `Stop${stop}, limit ${money(order.price ?? '0')}`;
    default:
      return `Limit ${money(order.price ?? '0')}`;
  }
}

const REASONS: Record<string, string> = {
  USER: 'Cancelled by you',
  IOC: 'What could not trade at once was cancelled',
  FOK: 'It could not be filled whole',
  NO_LIQUIDITY: 'Nobody offered more',
  COLLAR: 'The price moved more than 5% away',
  BAND: 'The price left its band',
  SIBLING: 'The order it belonged with was filled or ended',
  SELF_TRADE: 'It would have met another order of yours',
  KILL: 'Trading was stopped',
  HALT: 'Trading was halted',
  DAY_END: 'The day ended',
  ACCOUNT_CLOSED: 'The account was closed',
  SESSION: 'The connection that it came from was lost',
};

/** Why an order ended, in words; empty where there is nothing to say. */
export function reasonWords(order: Pick<Told, 'reason' | 'detail' | 'status'>): string {
  if (order.status === 'REJECTED') return order.detail ?? 'The exchange did not take it';
  return order.reason === null ? '' : (REASONS[order.reason] ?? 'It ended');
}

/** "Filled", "Open", "4 of 10 filled": where it stands, in a word or three. */
export function statusWords(order: Told): string {
  const some = decimal(order.filledQuantity).gt('0');
  const part = `${quantity(order.filledQuantity)} of ${quantity(order.quantity)} filled`;
  switch (order.status) {
    case 'FILLED':
      return 'Filled';
    case 'OPEN':
      return 'Open';
    case 'PENDING':
      return 'Waiting';
    case 'PARTIALLY_FILLED':
      return part;
    case 'REJECTED':
      return 'Rejected';
    case 'EXPIRED':
      return some ? part : 'Expired';
    default:
      return some ? part : 'Cancelled';
  }
}

/** "Bought 10 AAPL at $213.45": what has happened so far, for a fill. */
export function fillWords(side: string, filled: string, symbol: string, price: string | null): string {
  const at = price === null ? '' : ` at ${money(price)}`;
  return `${side === 'BUY' ? 'Bought' : 'Sold'} ${quantity(filled)} ${symbol}${at}`;
}
