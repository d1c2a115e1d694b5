import { useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { Button } from '@/components/ui/button/button';
import { Error } from '@/components/ui/error/error';
import { List } from '@/components/ui/list/list';
import { Notice } from '@/components/ui/notice/notice';

import { ordersQuery, type Show } from '../api/get-orders';
import { OrderRow, OrderRowSkeleton } from './order-row';
import styles from './orders-list.module.css';

interface OrdersListProps {
  show: Show;
  symbol: string | undefined;
  empty: ReactNode;
}

/** The account's orders, open or done, newest first. */
export function OrdersList({ show, symbol, empty }: OrdersListProps) {
  const orders = useInfiniteQuery(ordersQuery(show, symbol));
  if (orders.isError && orders.data === undefined) {
    return (
      <Error
        title="Your orders could not be loaded"
        error={orders.error}
        onRetry={() => void orders.refetch()}
        isRetrying={orders.isFetching}
      />
    );
  }
  const complete = orders.data?.pages.every((page) => page.complete) ?? true;
  return (
    <>
      <List
        label={show === 'open' ? 'Open orders' : 'Done orders'}
        items={orders.data?.pages.flatMap((page) => page.orders)}
        keyOf={(order) => order.orderId}
        row={(order) => <OrderRow order={order} />}
        pendingRow={<OrderRowSkeleton />}
        pendingRows={4}
        empty={empty}
      />
      {!complete && <Notice icon="clock">Older orders cannot be read right now. New ones are all here.</Notice>}
      {orders.hasNextPage && (
        <div className={styles.more}>
          <Button isPending={orders.isFetchingNextPage} onPress={() => void orders.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
