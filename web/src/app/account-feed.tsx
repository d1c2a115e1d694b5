import { useEffect } from 'react';

import type { Order } from '@/lib/api/types';
import { fillWords } from '@/lib/order-words';
import { queryClient, refreshAccount } from '@/lib/query-client';
import { keys } from '@/lib/query-keys';
import type { OrderUpdate } from '@/lib/stream/messages';
import { stream } from '@/lib/stream/stream';
import { isTellingItself, toast } from '@/lib/toasts';

/** A burst of fills reads the account again once. */
const SETTLE_MS = 150;

/** Carries the account's order updates into what is shown: the orders, the portfolio, and words for a person. */
export function AccountFeed() {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const end = stream.onOrder((update) => {
      queryClient.setQueryData(keys.order(update.orderId), (order: Order | undefined) => updated(order, update));
      if (update.event === 'SNAPSHOT') return;
      say(update);
      clearTimeout(timer);
      timer = setTimeout(refreshAccount, SETTLE_MS);
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, []);
  return null;
}

/** The order with an update on it, unless it already shows a later position. */
export function updated(order: Order | undefined, update: OrderUpdate): Order | undefined {
  if (order === undefined || order.seq >= update.seq) return order;
  return {
    ...order,
    status: update.status as Order['status'],
    reason: update.reason,
    detail: update.detail,
    quantity: update.quantity,
    filledQuantity: update.filledQty,
    filledQty: update.filledQty,
    remainingQuantity: update.remainingQty,
    price: update.price,
    avgPrice: update.avgPrice,
    seq: update.seq,
  };
}

function say(update: OrderUpdate): void {
  if (isTellingItself(update.clientOrderId)) return;
  const about = update.orderId;
  if (update.event === 'FILL') {
    toast(fillWords(update.side, update.filledQty, update.symbol, update.avgPrice), { about });
  } else if (update.event === 'REJECTED') {
    toast(`Order rejected: ${update.detail ?? 'the exchange did not take it'}`, { about, tone: 'danger' });
  } else if (update.event === 'EXPIRED') {
    toast(`Your ${update.symbol} order has expired`, { about });
  }
}
