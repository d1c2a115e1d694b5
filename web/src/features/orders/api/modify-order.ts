import { useMutation } from '@tanstack/react-query';

import { api, unwrap } from '@/lib/api/client';
import type { Order } from '@/lib/api/types';
import { queryClient, refreshAccount } from '@/lib/query-client';
import { keys } from '@/lib/query-keys';
import { toast } from '@/lib/toasts';

interface Change {
  order: Order;
  /** Of an order in a group it cannot be changed. */
  quantity?: string;
  price: string;
}

/** Change an order whole or not at all; refused if more of it filled since it was looked at. */
export function useModifyOrder(onChanged: () => void) {
  return useMutation({
    mutationFn: ({ order, quantity, price }: Change) =>
      unwrap(
        api.PATCH('/v1/orders/{orderId}', {
          params: { path: { orderId: order.orderId } },
          body: { ...(quantity === undefined ? {} : { quantity }), price, ifFilled: order.filledQuantity },
        }),
      ),
    onSuccess: ({ priorityKept, ...order }) => {
      queryClient.setQueryData(keys.order(order.orderId), order);
      toast(priorityKept ? 'Order changed; it keeps its place in the queue' : 'Order changed');
      onChanged();
    },
    onSettled: refreshAccount,
  });
}
