import type { paths } from '@/lib/generated/schema';

type Get<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Body } } } };
}
  ? Body
  : never;

export type Asset = Get<'/v1/assets/{symbol}'>;
type History = Get<'/v1/history/{symbol}'>;
export type Candle = History['candles'][number];
export type Portfolio = Get<'/v1/portfolio'>;
export type Holding = Portfolio['holdings'][number];
export type Performance = Get<'/v1/portfolio/performance'>;
export type Statement = Get<'/v1/statements'>['data'][number];
export type Order = Get<'/v1/orders/{orderId}'>;
export type Side = 'BUY' | 'SELL';

const WORKING: readonly string[] = ['PENDING', 'OPEN', 'PARTIALLY_FILLED'];

const CHILDREN: readonly string[] = ['CHILD', 'TAKE_PROFIT', 'STOP_LOSS'];

/** Whether the app can change its terms: a limit that works, and is no child that waits for its parent. */
export function isModifiable(order: Pick<Order, 'status' | 'type' | 'role'>): boolean {
  const waits = order.status === 'PENDING' && CHILDREN.includes(order.role ?? '');
  return isWorking(order) && order.type === 'LIMIT' && !waits;
}

/** Whether the order can still trade. */
export function isWorking(order: Pick<Order, 'status'>): boolean {
  return WORKING.includes(order.status);
}
