import { isProblem } from '@/lib/api/problem';

/** Where a refusal is shown: beside the field it is about, or over the form. */
export interface Refusal {
  field: 'amount' | 'price' | 'form';
  detail: string;
}

const AMOUNT = /^(INSUFFICIENT|ORDER_QUANTITY|ORDER_VALUE|LOT_SIZE|MIN_NOTIONAL|BAD_QUANTITY|INVALID_QUANTITY)/;
const PRICE = /^(PRICE_COLLAR|TICK_SIZE|BAD_PRICE|INVALID_PRICE)/;

export function refusalOf(error: unknown): Refusal {
  if (!isProblem(error)) return { field: 'form', detail: 'Something in the app went wrong. Nothing was sent.' };
  const first = error.errors[0];
  const code = first?.code ?? error.code;
  const detail = first?.detail ?? error.message;
  if (AMOUNT.test(code) || first?.pointer === '/quantity') return { field: 'amount', detail };
  if (PRICE.test(code) || first?.pointer === '/price') return { field: 'price', detail };
  return { field: 'form', detail };
}

/** Whether the order may have reached the market although no proper answer came. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (!isProblem(error)) return true;
  if (error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED') return false;
  return error.code === 'OUTCOME_UNKNOWN' || error.status === 0 || error.status >= 500;
}

/** Whether the same order may simply be sent again: it surely did not happen. */
export function isRetry(error: unknown): boolean {
  return isProblem(error) && (error.code === 'UNAVAILABLE' || error.code === 'RATE_LIMITED');
}
