import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { Button as AriaButton, Disclosure, DisclosurePanel, Heading } from 'react-aria-components';

import { Button } from '@/components/ui/button/button';
import { Facts } from '@/components/ui/facts/facts';
import { Icon } from '@/components/ui/icon/icon';
import { Monogram } from '@/components/ui/monogram/monogram';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { isModifiable, isWorking, type Order } from '@/lib/api/types';
import { decimal } from '@/lib/decimal';
import { money, momentOf, quantity } from '@/lib/format';
import { orderTerms, orderTitle, ownTerms, reasonWords, statusWords } from '@/lib/order-words';

import { CancelButton } from './cancel-button';
import { ModifyForm } from './modify-form';
import styles from './order-row.module.css';

interface OrderRowProps {
  order: Order;
  /** The heading level that fits the page. */
  level?: 2 | 3;
}

/** An order in a list: what and where it stands; opened, its numbers and what can still be done. */
export function OrderRow({ order, level = 2 }: OrderRowProps) {
  const some = decimal(order.filledQuantity).gt('0');
  return (
    <Disclosure className={styles.order ?? ''}>
      <Heading level={level} className={styles.heading ?? ''}>
        <AriaButton slot="trigger" className={styles.trigger ?? ''}>
          <Monogram ticker={order.symbol} />
          <span className={styles.words}>
            <span className={styles.title}>{orderTitle(order)}</span>
            <span className={styles.detail}>{orderTerms(order)}</span>
          </span>
          <span className={styles.numbers}>
            <span className={styles.title}>{statusWords(order)}</span>
            <span className={styles.detail}>
              {some ? `at ${money(order.avgPrice ?? '0')}` : momentOf(order.createdAt)}
            </span>
          </span>
          <span className={styles.chevron}>
            <Icon name="down" size={18} />
          </span>
        </AriaButton>
      </Heading>
      <DisclosurePanel className={styles.panel ?? ''}>
        <OrderDetail order={order} />
      </DisclosurePanel>
    </Disclosure>
  );
}

function OrderDetail({ order }: { order: Order }) {
  const [modifying, setModifying] = useState(false);
  const why = reasonWords(order);
  const some = decimal(order.filledQuantity).gt('0');
  return (
    <div className={styles.inside}>
      <Facts
        facts={[
          ...(why === '' ? [] : ([['Why it ended', why]] as const)),
          // A part's name leaves the line above too little room for all terms on a phone.
          ...(order.role === null ? [] : ([['Terms', ownTerms(order)]] as const)),
          ['Filled', `${quantity(order.filledQuantity)} of ${quantity(order.quantity)}`],
          ...(some ? ([[order.side === 'BUY' ? 'Paid' : 'Received', money(order.filledValue)]] as const) : []),
          ['Placed', momentOf(order.createdAt)],
          ['Order number', order.orderId],
        ]}
      />
      {modifying && isModifiable(order) ? (
        <ModifyForm
          order={order}
          onClose={() => {
            setModifying(false);
          }}
        />
      ) : (
        <div className={styles.ways}>
          {isModifiable(order) && (
            <Button
              label={`Modify order: ${orderTitle(order)}`}
              onPress={() => {
                setModifying(true);
              }}
            >
              Modify
            </Button>
          )}
          {isWorking(order) && <CancelButton order={order} />}
          {some && (
            <a href={`/v1/orders/${order.orderId}/confirmation.pdf`} download className={styles.link}>
              Confirmation
            </a>
          )}
          <Link to="/stocks/$symbol" params={{ symbol: order.symbol }} className={styles.link}>
            Go to {order.symbol}
          </Link>
        </div>
      )}
    </div>
  );
}

export function OrderRowSkeleton() {
  return (
    <span className={styles.trigger}>
      <Skeleton width="40px" height="40px" round />
      <span className={styles.words}>
        <span className={styles.title}>
          <Skeleton width="11ch" />
        </span>
        <span className={styles.detail}>
          <Skeleton width="18ch" />
        </span>
      </span>
      <span className={styles.numbers}>
        <span className={styles.title}>
          <Skeleton width="6ch" />
        </span>
        <span className={styles.detail}>
          <Skeleton width="8ch" />
        </span>
      </span>
      <span className={styles.chevron} />
    </span>
  );
}
