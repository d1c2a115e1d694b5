import { isProblem } from '@/lib/api/problem';

/** Where a refusal is shown: beside the field it is about, or over the form. */
export interface Refusal {
  field: 'amount' | 'price' | 'form';
  detail: string;
}

const AMOUNT = /^(INSUFFICIENT_|ORDER_TOO_LARGE|ORDER_VALUE_|LOT_SIZE|INVALID_QUANTITY)/;
const PRICE = /^(PRICE_OUTSIDE_COLLAR|TICK_SIZE|INVALID_PRICE)/;

export function refusalOf(error: unknown): Refusal {
  if (!isProblem(error)) return { field: 'form', detail: 'Something in the app went wrong. Nothing was sent.' };
  const first = error.errors[0];
  const code = first?.code ?? error.code;
  const detail = first?.detail ?? error.message;
  if (AMOUNT.test(code) || first?.pointer === '/quantity') return { field: 'amount', detail };
  if (PRICE.test(code) || first?.pointer === '/price') return { field: 'price', detail };
  return { field: 'form', detail };
}

const UNKNOWN: readonly string[] = ['OUTCOME_UNKNOWN', 'NETWORK', 'SERVER_ERROR'];

/** Whether the order may have reached the market although no proper answer came. */
export function isOutcomeUnknown(error: unknown): boolean {
  return !isProblem(error) || UNKNOWN.includes(error.code);
}

/** Whether the same order may simply be sent again: it surely did not happen, and may the next time. */
export function isRetry(error: unknown): boolean {
  return isProblem(error) && error.retryable && !isOutcomeUnknown(error);
}
