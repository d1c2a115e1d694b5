import { useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useReducer, useRef } from 'react';

import type { Order } from '@/lib/api/types';
import { refreshAccount } from '@/lib/query-client';
import { keys } from '@/lib/query-keys';
import { tellsItself } from '@/lib/toasts';

import { findOrder } from './api/find-order';
import { placeOrder } from './api/place-order';
import type { PlannedOrder } from './order-draft';
import { isOutcomeUnknown, isRetry, refusalOf, type Refusal } from './refusal';

/** Where a ticket stands. An order has one id from its review to its receipt, however often it is sent. */
export type Stage =
  | { name: 'edit'; refusal: Refusal | null }
  | { name: 'review'; order: PlannedOrder; seen: string; trouble: string | null }
  | { name: 'sending'; order: PlannedOrder; seen: string }
  | { name: 'checking'; order: PlannedOrder; seen: string }
  | { name: 'lost'; order: PlannedOrder; seen: string }
  | { name: 'receipt'; placed: Order };

type Event =
  | { type: 'review'; order: PlannedOrder; seen: string }
  | { type: 'edit' }
  | { type: 'seen'; price: string }
  | { type: 'send' }
  | { type: 'placed'; placed: Order }
  | { type: 'refused'; refusal: Refusal }
  | { type: 'not sent'; trouble: string }
  | { type: 'unknown' }
  | { type: 'not found' };

function after(stage: Stage, event: Event): Stage {
  switch (event.type) {
    case 'review':
      return { name: 'review', order: event.order, seen: event.seen, trouble: null };
    case 'edit':
      return { name: 'edit', refusal: null };
    case 'refused':
      return { name: 'edit', refusal: event.refusal };
    case 'placed':
      return { name: 'receipt', placed: event.placed };
  }
  if (stage.name === 'edit' || stage.name === 'receipt') return stage;
  const { order, seen } = stage;
  switch (event.type) {
    case 'seen':
      return { name: 'review', order, seen: event.price, trouble: null };
    case 'send':
      return { name: 'sending', order, seen };
    case 'not sent':
      return { name: 'review', order, seen, trouble: event.trouble };
    case 'unknown':
      return { name: 'checking', order, seen };
    case 'not found':
      return { name: 'lost', order, seen };
  }
}

const CHECK_EVERY_MS = 1_000;
/** A command is refused 5 s after it was made: not found later than that means that it never happened. */
const FINAL_AFTER_MS = 8_000;

export interface Ticket {
  stage: Stage;
  review: (order: PlannedOrder, seen: string) => void;
  edit: () => void;
  accept: (price: string) => void;
  send: () => void;
}

/** One ticket from edit to receipt. */
export function useTicket(): Ticket {
  const [stage, tell] = useReducer(after, { name: 'edit', refusal: null });
  const queryClient = useQueryClient();
  const order = 'order' in stage ? stage.order : null;
  const sentAt = useRef(0);

  const placed = useCallback(
    (answer: Order) => {
      queryClient.setQueryData(keys.order(answer.orderId), answer);
      refreshAccount();
      tell({ type: 'placed', placed: answer });
    },
    [queryClient],
  );

  const send = useCallback(() => {
    if (order === null) return;
    sentAt.current = Date.now();
    tell({ type: 'send' });
    placeOrder(order).then(placed, (error: unknown) => {
      if (isOutcomeUnknown(error)) tell({ type: 'unknown' });
      else if (isRetry(error)) tell({ type: 'not sent', trouble: refusalOf(error).detail });
      else {
        refreshAccount();
        tell({ type: 'refused', refusal: refusalOf(error) });
      }
    });
  }, [order, placed]);

  const checking = stage.name === 'checking';
  useEffect(() => {
    if (!checking || order === null) return undefined;
    let wanted = true;
    const look = async (): Promise<void> => {
      const found = await findOrder(order.clientOrderId).catch(() => undefined);
      if (!wanted) return;
      if (found) placed(found);
      else if (found === null && Date.now() - sentAt.current > FINAL_AFTER_MS) tell({ type: 'not found' });
    };
    const timer = setInterval(() => void look(), CHECK_EVERY_MS);
    void look();
    return () => {
      wanted = false;
      clearInterval(timer);
    };
  }, [checking, order, placed]);

  const id = order?.clientOrderId ?? (stage.name === 'receipt' ? stage.placed.clientOrderId : null);
  useEffect(() => (id === null ? undefined : tellsItself(id)), [id]);

  return {
    stage,
    review: (next, seen) => {
      tell({ type: 'review', order: next, seen });
    },
    edit: () => {
      tell({ type: 'edit' });
    },
    accept: (price) => {
      tell({ type: 'seen', price });
    },
    send,
  };
}
