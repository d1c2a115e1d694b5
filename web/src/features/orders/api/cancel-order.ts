import { useMutation } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import { isWorking, type Order } from '@/lib/api/types';
import { queryClient, refreshAccount } from '@/lib/query-client';
import { fillWords } from '@/lib/order-words';
import { keys } from '@/lib/query-keys';
import { toast } from '@/lib/toasts';

/** Cancel an order and say how it truly ended: the fill may have come first. */
export function useCancelOrder() {
  return useMutation({
    mutationFn: (order: Order) =>
      unwrap(api.DELETE('/v1/orders/{orderId}', { params: { path: { orderId: order.orderId } } })),
    onSuccess: (ended) => {
      queryClient.setQueryData(keys.order(ended.orderId), ended);
      toast(endWords(ended), { about: ended.orderId });
    },
    onSettled: refreshAccount,
  });
}

export function endWords(order: Order): string {
  if (order.status === 'FILLED') {
    return `Too late to cancel: ${fillWords(order.side, order.filledQuantity, order.symbol, order.avgPrice)}`;
  }
  return isWorking(order) ? 'The order is being cancelled' : 'Order cancelled';
}
