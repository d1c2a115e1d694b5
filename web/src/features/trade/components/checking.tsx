import { Button } from '@/components/ui/button/button';
import { Icon } from '@/components/ui/icon/icon';
import { Typography } from '@/components/ui/typography/typography';
import { orderTitle } from '@/lib/order-words';

import type { PlannedOrder } from '../order-draft';
import { StageTitle } from './stage-title';
import styles from './ticket.module.css';

/** No answer came: the order is looked up by its own id until the exchange tells what became of it. */
export function Checking({ order }: { order: PlannedOrder }) {
  return (
    <div className={styles.stage} role="status">
      <div className={styles.outcome}>
        <span className={`${styles.sign ?? ''} ${styles.waiting ?? ''}`}>
          <Icon name="clock" size={28} />
        </span>
        <StageTitle>Checking your order…</StageTitle>
        <Typography tone="quiet">
          {orderTitle(order)} was sent, but no answer came. We are asking the exchange whether it arrived. It cannot
          happen twice.
        </Typography>
      </div>
    </div>
  );
}

interface LostProps {
  order: PlannedOrder;
  onAgain: () => void;
  onEdit: () => void;
}

/** The exchange has never seen the order, and never will: nothing happened. */
export function Lost({ order, onAgain, onEdit }: LostProps) {
  return (
    <div className={styles.stage}>
      <div className={styles.outcome}>
        <span className={styles.sign}>
          <Icon name="alert" size={28} />
        </span>
        <StageTitle>Your order did not arrive</StageTitle>
        <Typography tone="quiet">
          Nothing was {order.side === 'BUY' ? 'bought' : 'sold'} and no money moved. You can send it again.
        </Typography>
      </div>
      <div className={styles.ways}>
        <Button look="primary" wide onPress={onAgain}>
          {orderTitle(order)}
        </Button>
        <Button look="quiet" wide onPress={onEdit}>
          Change order
        </Button>
      </div>
    </div>
  );
}
