import { useQuery } from '@tanstack/react-query';

import { Heading } from '@/components/ui/heading/heading';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { Typography } from '@/components/ui/typography/typography';
import { decimal, type Decimal } from '@/lib/decimal';
import { money, quantity } from '@/lib/format';
import type { BookLevel } from '@/lib/stream/messages';
import { useBook } from '@/lib/stream/use-market';

import { bookQuery } from '../api/get-book';
import styles from './order-book.module.css';

interface OrderBookProps {
  symbol: string;
  /** Levels to a side. */
  depth?: number;
}

/** The best levels of both sides with the quantity waiting at each, as numbers and as bars. */
export function OrderBook({ symbol, depth = 8 }: OrderBookProps) {
  const first = useQuery(bookQuery(symbol, depth));
  const book = useBook(symbol) ?? first.data;
  const bids = book?.bids.slice(0, depth);
  const asks = book?.asks.slice(0, depth);
  const most = largest([...(bids ?? []), ...(asks ?? [])]);
  return (
    <section aria-labelledby="order-book">
      <Heading level={2} id="order-book">
        Order book
      </Heading>
      <div className={styles.sides}>
        <BookSide label="Bids" levels={bids} depth={depth} most={most} look="bids" />
        <BookSide label="Asks" levels={asks} depth={depth} most={most} look="asks" />
      </div>
    </section>
  );
}

interface BookSideProps {
  label: string;
  levels: readonly BookLevel[] | undefined;
  depth: number;
  most: Decimal;
  look: 'bids' | 'asks';
}

function BookSide({ label, levels, depth, most, look }: BookSideProps) {
  const gaps = Math.max(0, depth - (levels?.length ?? 0));
  return (
    <table className={`${styles.side ?? ''} ${styles[look] ?? ''}`}>
      <caption className="visually-hidden">{label}, best first</caption>
      <thead>
        <tr>
          <th scope="col">{label === 'Bids' ? 'Bid' : 'Ask'}</th>
          <th scope="col">Shares</th>
        </tr>
      </thead>
      <tbody>
        {levels?.map((level, place) => (
          // By place: a level that comes or goes changes numbers, and moves no row.
          <tr key={place}>
            <td className={styles.price}>{money(level.price)}</td>
            <td>
              <span
                className={styles.bar}
                style={{ clipPath: `inset(0 0 0 ${rest(level, most)} round 4px)` }}
                aria-hidden="true"
              />
              <span className={styles.size}>{quantity(level.quantity)}</span>
            </td>
          </tr>
        ))}
        {Array.from({ length: gaps }, (_, index) => (
          <tr key={depth - gaps + index}>
            <td colSpan={2}>
              {levels === undefined ? (
                <Skeleton width="80%" />
              ) : levels.length === 0 && index === 0 ? (
                <Typography as="span" size="small" tone="quiet">
                  {look === 'bids' ? 'Nobody bids now' : 'Nobody offers now'}
                </Typography>
              ) : (
                '\u00a0'
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function largest(levels: readonly BookLevel[]): Decimal {
  let most = decimal('0');
  for (const level of levels) {
    const size = decimal(level.quantity);
    if (size.gt(most)) most = size;
  }
  return most;
}

/** The part of the bar's room that stays empty, so that its length is the level's part of the largest. */
function rest(level: BookLevel, most: Decimal): string {
  const part = most.gt('0') ? decimal(level.quantity).div(most) : most;
  return `${decimal('1').minus(part).times('100').toFixed(1)}%`;
}
