import Big from 'big.js';

// Prices, quantities and money are decimal strings from end to end. Strict mode refuses JavaScript
// numbers, so that no float can reach a sum.
Big.strict = true;
Big.DP = 12;

export type Decimal = Big;

const ZERO = new Big('0');

/** The decimal that `text` writes; zero for null. */
export function decimal(text: string | null): Decimal {
  return text === null ? ZERO : new Big(text);
}

/** The decimal a person typed, or null where it is not one. Takes grouping commas and a dollar sign. */
export function parseDecimal(typed: string): Decimal | null {
  const text = typed.replace(/[$,\s]/g, '');
  return /^\d{1,15}(\.\d{0,8})?$|^\.\d{1,8}$/.test(text) ? new Big(text.replace(/^\./, '0.')) : null;
}

/** The largest multiple of `step` that is not above `value`. */
export function floorTo(value: Decimal, step: Decimal): Decimal {
  return value.div(step).round(0, Big.roundDown).times(step);
}

export function isMultiple(value: Decimal, step: Decimal): boolean {
  return value.mod(step).eq(ZERO);
}

/** -1, 0 or 1. */
export function signOf(text: string): -1 | 0 | 1 {
  const value = decimal(text);
  return value.gt(ZERO) ? 1 : value.lt(ZERO) ? -1 : 0;
}

/** As the API writes it: no exponent, no trailing zeros. */
export function plain(value: Decimal): string {
  return value
    .toFixed()
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
