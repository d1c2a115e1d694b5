import { api, unwrap } from '@/lib/api/client';
import { isProblem } from '@/lib/api/problem';
import type { Order } from '@/lib/api/types';

/** The order with this id of ours, or null where the exchange has never seen it. */
export async function findOrder(clientOrderId: string): Promise<Order | null> {
  try {
    return await unwrap(api.GET('/v1/orders:by-client-id/{clientOrderId}', { params: { path: { clientOrderId } } }));
  } catch (error) {
    if (isProblem(error, 'ORDER_NOT_FOUND')) return null;
    throw error;
  }
}
