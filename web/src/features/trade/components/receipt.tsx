import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { Button } from '@/components/ui/button/button';
import { Facts } from '@/components/ui/facts/facts';
import { Icon } from '@/components/ui/icon/icon';
import { Progress } from '@/components/ui/progress/progress';
import { Typography } from '@/components/ui/typography/typography';
import { isWorking, type Order } from '@/lib/api/types';
import { decimal } from '@/lib/decimal';
import { money, quantity, timeWithSeconds } from '@/lib/format';
import { fillWords, orderTerms, orderTitle, reasonWords } from '@/lib/order-words';

import { orderQuery } from '../api/get-order';
import { StageTitle } from './stage-title';
import styles from './ticket.module.css';

interface ReceiptProps {
  placed: Order;
  actions: (order: Order) => ReactNode;
  onDone: () => void;
}

/** What became of the order, and goes on becoming while it works. */
export function Receipt({ placed, actions, onDone }: ReceiptProps) {
  const { data: order } = useQuery({ ...orderQuery(placed.orderId), initialData: placed });
  const filled = decimal(order.filledQuantity);
  const working = isWorking(order);
  const whole = order.status === 'FILLED';
  return (
    <div className={styles.stage}>
      <div className={styles.outcome}>
        <span className={`${styles.sign ?? ''} ${whole ? (styles.done ?? '') : ''}`}>
          <Icon name={whole ? 'check' : working ? 'clock' : 'alert'} size={28} />
        </span>
        <StageTitle>{headline(order)}</StageTitle>
        <div role="status">
          <Typography tone="quiet">{explanation(order)}</Typography>
        </div>
      </div>
      {filled.gt('0') && !whole && <PartialFill order={order} />}
      <Facts
        facts={[
          ...(filled.gt('0')
            ? ([
                [order.side === 'BUY' ? 'Paid' : 'Received', money(order.filledValue)],
                ['Average price', money(order.avgPrice ?? '0')],
              ] as const)
            : ([['Order', orderTitle(order)]] as const)),
          ['Terms', orderTerms(order)],
          ['Time', timeWithSeconds(order.createdAt)],
        ]}
      />
      <div className={styles.ways}>
        <Button look="primary" wide onPress={onDone}>
          Done
        </Button>
        {working ? actions(order) : null}
        <Link to="/orders" search={working ? {} : { show: 'done' }} className={styles.link}>
          View orders
        </Link>
      </div>
    </div>
  );
}

function PartialFill({ order }: { order: Order }) {
  const total = decimal(order.quantity);
  const percent = Number(decimal(order.filledQuantity).div(total).times('100').toFixed(1));
  const words = `${quantity(order.filledQuantity)} of ${quantity(order.quantity)} shares`;
  return (
    <div>
      <Progress label="Filled" percent={percent} words={words} />
      <Typography size="small" tone="quiet">
        {words} {order.side === 'BUY' ? 'bought' : 'sold'}
      </Typography>
    </div>
  );
}

function headline(order: Order): string {
  const some = decimal(order.filledQuantity).gt('0');
  if (some) return fillWords(order.side, order.filledQuantity, order.symbol, null);
  if (isWorking(order)) return 'Order placed';
  return order.status === 'REJECTED' ? 'Order rejected' : `Nothing ${order.side === 'BUY' ? 'bought' : 'sold'}`;
}

function explanation(order: Order): string {
  if (order.status === 'FILLED') return 'The shares and the cash have changed hands.';
  if (order.status === 'PARTIALLY_FILLED') return 'The rest is waiting in the order book.';
  if (isWorking(order)) return `It waits in the order book for somebody at ${money(order.price ?? '0')}.`;
  const why = reasonWords(order);
  return decimal(order.filledQuantity).gt('0') ? `${why}; the rest was cancelled.` : `${why}.`;
}
