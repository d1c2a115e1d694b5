import { useQuery } from '@tanstack/react-query';

import { Price } from '@/components/ui/price/price';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { decimal, plain } from '@/lib/decimal';
import { money, quantity } from '@/lib/format';
import type { Auction } from '@/lib/stream/messages';
import { useQuote } from '@/lib/stream/use-market';

import { assetQuery } from '../api/get-asset';
import styles from './best-quotes.module.css';

/** The best bid and offer with their sizes, and the spread between them; in an auction what that would do. */
export function BestQuotes({ symbol }: { symbol: string }) {
  const { data } = useQuery(assetQuery(symbol));
  const quote = useQuote(symbol);
  if (quote?.auction != null) return <AuctionQuotes auction={quote.auction} />;
  const bid = quote === undefined ? data?.bid : quote.bid;
  const ask = quote === undefined ? data?.ask : quote.ask;
  const spread = bid != null && ask != null ? plain(decimal(ask).minus(decimal(bid))) : null;
  return (
    <dl className={styles.quotes}>
      <Side label="Bid" price={bid} size={quote?.bidSize} />
      <Side label="Ask" price={ask} size={quote?.askSize} />
      <div>
        <dt>Spread</dt>
        <dd className="live">{bid === undefined ? <Skeleton width="5ch" /> : spread === null ? '–' : money(spread)}</dd>
      </div>
    </dl>
  );
}

function AuctionQuotes({ auction }: { auction: Auction }) {
  const { indicativePrice, pairedQuantity, imbalance, imbalanceSide } = auction;
  return (
    <dl className={styles.quotes}>
      <Side label="Auction" price={indicativePrice} size={pairedQuantity} />
      <Side label="Reference" price={auction.referencePrice} size={undefined} />
      <div>
        <dt>Left over</dt>
        <dd className="live">
          {imbalanceSide === null ? '–' : quantity(imbalance)}
          <span className={styles.size}>
            {imbalanceSide === null ? '\u00a0' : imbalanceSide === 'BUY' ? 'to buy' : 'to sell'}
          </span>
        </dd>
      </div>
    </dl>
  );
}

interface SideProps {
  label: string;
  /** Undefined while on its way, null where nobody quotes. */
  price: string | null | undefined;
  size: string | undefined;
}

function Side({ label, price, size }: SideProps) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        {price === undefined ? <Skeleton width="7ch" /> : price === null ? 'None' : <Price value={price} />}
        <span className={styles.size}>{size === undefined || price === null ? '\u00a0' : `× ${quantity(size)}`}</span>
      </dd>
    </div>
  );
}
