import { Button } from '@/components/ui/button/button';
import { Facts } from '@/components/ui/facts/facts';
import { Notice } from '@/components/ui/notice/notice';
import { Price } from '@/components/ui/price/price';
import { Typography } from '@/components/ui/typography/typography';
import { decimal, plain } from '@/lib/decimal';
import { money } from '@/lib/format';
import { orderTitle } from '@/lib/order-words';

import { movedAgainst, priceEach, type PlannedOrder, type Terms } from '../order-draft';
import { StageTitle } from './stage-title';
import styles from './ticket.module.css';

interface ReviewProps {
  order: PlannedOrder;
  /** The price that was on the screen when the review began. */
  seen: string;
  terms: Terms | null;
  trouble: string | null;
  isSending: boolean;
  blocked: string | null;
  onEdit: () => void;
  onAccept: (price: string) => void;
  onSend: () => void;
}

/** The order in words before it is sent; a price that moves against it has to be accepted first. */
export function Review({ order, seen, terms, trouble, isSending, blocked, onEdit, onAccept, onSend }: ReviewProps) {
  const each = terms === null ? null : priceEach({ ...order, price: order.price ?? '' }, terms);
  const now = each === null ? seen : plain(each);
  const moved = !isSending && order.type === 'MARKET' && movedAgainst(order.side, seen, now);
  const title = orderTitle(order);
  return (
    <div className={styles.stage}>
      <div className={styles.outcome}>
        <StageTitle>{title}</StageTitle>
        <Typography tone="quiet">{outcome(order)}</Typography>
      </div>
      <ReviewFacts order={order} each={now} terms={terms} />
      <p className={styles.note}>{note(order)}</p>
      {moved && (
        <Notice role="alert">
          The price moved from {money(seen)} to {money(now)} since you opened this review.
        </Notice>
      )}
      {trouble !== null && (
        <Notice tone="danger" role="alert">
          {trouble} Nothing was sent. You can try again.
        </Notice>
      )}
      {blocked !== null && (
        <Notice icon="clock" id="blocked">
          {blocked}
        </Notice>
      )}
      <div className={styles.ways}>
        {moved ? (
          <Button
            look="primary"
            wide
            onPress={() => {
              onAccept(now);
            }}
          >
            Accept {money(now)}
          </Button>
        ) : (
          <Button
            look="primary"
            wide
            isPending={isSending}
            isDisabled={blocked !== null}
            describedBy={blocked === null ? undefined : 'blocked'}
            onPress={onSend}
          >
            {title}
          </Button>
        )}
        <Button look="quiet" wide isDisabled={isSending} onPress={onEdit}>
          Change order
        </Button>
      </div>
    </div>
  );
}

function ReviewFacts({ order, each, terms }: { order: PlannedOrder; each: string; terms: Terms | null }) {
  const cost = decimal(order.quantity).times(decimal(each));
  const buys = order.side === 'BUY';
  const left = terms === null ? null : decimal(terms.buyingPower).minus(buys ? cost : cost.times('-1'));
  return (
    <Facts
      facts={[
        [
          order.type === 'MARKET' ? 'Price now' : 'Limit price',
          <Price key="price" value={each} still={order.type === 'LIMIT'} />,
        ],
        [buys ? 'Estimated cost' : 'Estimated proceeds', money(cost)],
        ['Fee', money('0')],
        ['Buying power after', left === null ? '–' : money(left)],
      ]}
    />
  );
}

function outcome(order: PlannedOrder): string {
  if (order.type === 'MARKET') return 'At the market price';
  return `At ${money(order.price ?? '0')} a share or ${order.side === 'BUY' ? 'less' : 'more'}`;
}

function note(order: PlannedOrder): string {
  if (order.type === 'MARKET') {
    return 'Fills at once at the best prices offered, never more than 5% away from the price now. Paper money, simulated market.';
  }
  const until = order.timeInForce === 'GTC' ? 'until you cancel it' : 'until the end of the day';
  return `Waits ${until} if nobody trades at this price. Paper money, simulated market.`;
}
