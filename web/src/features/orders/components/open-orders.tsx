import { useInfiniteQuery } from '@tanstack/react-query';

import { Heading } from '@/components/ui/heading/heading';
import { List } from '@/components/ui/list/list';

import { ordersQuery } from '../api/get-orders';
import { OrderRow, OrderRowSkeleton } from './order-row';

/** The working orders of one company; nothing where there are none. */
export function OpenOrders({ symbol }: { symbol: string }) {
  const { data } = useInfiniteQuery(ordersQuery('open', symbol));
  const orders = data?.pages.flatMap((page) => page.orders);
  if (orders === undefined || orders.length === 0) return null;
  return (
    <section aria-labelledby="open-orders">
      <Heading level={2} id="open-orders">
        Open orders
      </Heading>
      <List
        label="Open orders"
        items={orders}
        keyOf={(order) => order.orderId}
        row={(order) => <OrderRow order={order} level={3} />}
        pendingRow={<OrderRowSkeleton />}
      />
    </section>
  );
}
