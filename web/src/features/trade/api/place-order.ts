import { api, unwrap } from '@/lib/api/client';
import type { Order } from '@/lib/api/types';

import type { PlannedOrder } from '../order-draft';

/** Send an order; the answer is durable and matched. Sent twice with the same id it counts once. */
export function placeOrder(order: PlannedOrder): Promise<Order> {
  return unwrap(api.POST('/v1/orders', { body: order }));
}
