import type { Side } from '@/lib/api/types';
import { decimal, floorTo, isMultiple, parseDecimal, plain, type Decimal } from '@/lib/decimal';
import { money, quantity as quantityText, shares } from '@/lib/format';

/** What a person has filled in so far, as typed. */
export interface Draft {
  side: Side;
  type: 'MARKET' | 'LIMIT';
  unit: 'shares' | 'dollars';
  amount: string;
  price: string;
  timeInForce: 'DAY' | 'GTC';
}

/** What the market and the account allow now, decimal strings; null where there is none. */
export interface Terms {
  symbol: string;
  tickSize: string;
  lotSize: string;
  bid: string | null;
  ask: string | null;
  last: string;
  buyingPower: string;
  availableShares: string;
}

export interface Estimate {
  quantity: Decimal;
  /** Price of one share: the limit, or the best the other side offers now. */
  each: Decimal;
  cost: Decimal;
}

/** What is wrong, beside the field it is about. */
export interface FieldErrors {
  amount?: string;
  price?: string;
}

/** An order as the exchange takes it, complete; `clientOrderId` makes sending it twice harmless. */
export interface PlannedOrder {
  symbol: string;
  side: Side;
  type: 'MARKET' | 'LIMIT';
  quantity: string;
  price?: string;
  timeInForce: 'DAY' | 'GTC' | 'IOC';
  clientOrderId: string;
}

/** Price of one share for this draft, or null while a limit is not a number. */
export function priceEach(draft: Pick<Draft, 'side' | 'type' | 'price'>, terms: Terms): Decimal | null {
  if (draft.type === 'LIMIT') return parseDecimal(draft.price);
  return decimal((draft.side === 'BUY' ? terms.ask : terms.bid) ?? terms.last);
}

/** Quantity, price and cost as they stand; null while something is missing. Dollars never buy for more. */
export function estimate(draft: Draft, terms: Terms): Estimate | null {
  const amount = parseDecimal(draft.amount);
  const each = priceEach(draft, terms);
  if (amount === null || !each?.gt('0')) return null;
  const quantity = draft.unit === 'shares' ? amount : floorTo(amount.div(each), readableLot(terms));
  return { quantity, each, cost: quantity.times(each) };
}

/** Whether parts of a share can be traded. */
function isFractional(terms: Terms): boolean {
  return decimal(terms.lotSize).lt('1');
}

/** Shares for dollars are cut to what a person can read, where the lot is finer still. */
const FINEST = decimal('0.0001');

function readableLot(terms: Terms): Decimal {
  const lot = decimal(terms.lotSize);
  return lot.gt(FINEST) ? lot : FINEST;
}

/** The most that can be sold: all of it; or bought: whole shares, parts only where one is too dear. */
export function most(draft: Draft, terms: Terms): Decimal {
  const lot = decimal(terms.lotSize);
  if (draft.side === 'SELL') return floorTo(decimal(terms.availableShares), lot);
  const each = priceEach(draft, terms);
  if (!each?.gt('0')) return decimal('0');
  const affordable = decimal(terms.buyingPower).div(held(draft, each));
  return floorTo(affordable, affordable.gte('1') && isFractional(terms) ? decimal('1') : readableLot(terms));
}

/** Cash held for each share until a market order has filled: it may pay up to 5 % more than the price now. */
const COLLAR = '1.05';

function held(draft: Draft, each: Decimal): Decimal {
  return draft.type === 'MARKET' ? each.times(COLLAR) : each;
}

/** Everything wrong with a draft that can be known here; the exchange checks all of it again. */
export function fieldErrors(draft: Draft, terms: Terms): FieldErrors {
  const errors: FieldErrors = {};
  const price = draft.type === 'LIMIT' ? priceError(draft, terms) : undefined;
  if (price !== undefined) errors.price = price;
  const amount = amountError(draft, terms);
  if (amount !== undefined) errors.amount = amount;
  return errors;
}

function priceError(draft: Draft, terms: Terms): string | undefined {
  const price = parseDecimal(draft.price);
  if (draft.price.trim() === '') return 'Enter a price.';
  if (!price?.gt('0')) return 'Enter a price like 213.45.';
  if (!isMultiple(price, decimal(terms.tickSize))) return `Prices go in steps of ${money(terms.tickSize)}.`;
  return undefined;
}

function amountError(draft: Draft, terms: Terms): string | undefined {
  const amount = parseDecimal(draft.amount);
  if (draft.amount.trim() === '') return draft.unit === 'shares' ? 'Enter a number of shares.' : 'Enter an amount.';
  if (!amount?.gt('0')) return 'Enter a number above zero.';
  const lot = decimal(terms.lotSize);
  if (draft.unit === 'shares' && !isMultiple(amount, lot)) {
    return lot.eq('1') ? 'Whole shares only.' : `Shares go in steps of ${quantityText(lot)}.`;
  }
  const now = estimate(draft, terms);
  if (now === null) return undefined;
  if (now.quantity.eq('0')) {
    return isFractional(terms) ? 'Enter a larger amount.' : `One share costs about ${money(now.each)}.`;
  }
  return draft.side === 'BUY' ? fundsError(draft, terms, now) : sharesError(terms, now);
}

function fundsError(draft: Draft, terms: Terms, now: Estimate): string | undefined {
  const needed = now.quantity.times(held(draft, now.each));
  if (needed.lte(decimal(terms.buyingPower))) return undefined;
  const words = `You need ${money(needed)} and have ${money(terms.buyingPower)}.`;
  return now.cost.lte(decimal(terms.buyingPower)) ? `${words} A market order holds 5% more until it fills.` : words;
}

function sharesError(terms: Terms, now: Estimate): string | undefined {
  const available = decimal(terms.availableShares);
  if (now.quantity.lte(available)) return undefined;
  if (available.eq('0')) return `You have no ${terms.symbol} shares to sell.`;
  return `You have ${shares(available)} to sell.`;
}

/** The order to send for a draft without errors, and the price of one share that it was made at. */
export function planned(
  draft: Draft,
  terms: Terms,
  clientOrderId: string,
): { order: PlannedOrder; seen: string } | null {
  const now = estimate(draft, terms);
  if (now === null) return null;
  const seen = plain(now.each);
  const common = { symbol: terms.symbol, side: draft.side, quantity: plain(now.quantity), clientOrderId };
  if (draft.type === 'MARKET') return { order: { ...common, type: 'MARKET', timeInForce: 'IOC' }, seen };
  return { order: { ...common, type: 'LIMIT', price: seen, timeInForce: draft.timeInForce }, seen };
}

/** A new id for an order: 128 random bits, so that no two tickets ever share one. */
export function newClientOrderId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Part of the reviewed price by which it may move before the review has to be looked at again. */
const MOVE_NOTED = '0.002';

/** Whether the price has moved against the reviewer since `seen`. */
export function movedAgainst(side: Side, seen: string, now: string): boolean {
  const from = decimal(seen);
  const worse = side === 'BUY' ? decimal(now).minus(from) : from.minus(decimal(now));
  return worse.gt(from.times(MOVE_NOTED));
}
