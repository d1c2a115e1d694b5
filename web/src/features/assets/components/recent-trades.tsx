import { useQuery } from '@tanstack/react-query';

import { Error } from '@/components/ui/error/error';
import { Heading } from '@/components/ui/heading/heading';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { Typography } from '@/components/ui/typography/typography';
import { money, quantity, timeWithSeconds } from '@/lib/format';
import { useTape } from '@/lib/stream/use-market';

import { tradesQuery } from '../api/get-trades';
import styles from './recent-trades.module.css';

interface Line {
  tradeId: string;
  price: string;
  quantity: string;
  /** Null where a feed does not tell. */
  side: string | null;
  at: string | number;
}

const ROWS = 8;

/** The last trades, newest first: those asked for once, then those of the stream. */
export function RecentTrades({ symbol }: { symbol: string }) {
  const first = useQuery(tradesQuery(symbol, ROWS));
  const tape = useTape(symbol);
  const lines = joined(
    tape?.map((print) => ({ ...print, at: print.ts })) ?? [],
    first.data?.trades.map((trade) => ({ ...trade, at: trade.timestamp })),
  );
  return (
    <section aria-labelledby="recent-trades">
      <Heading level={2} id="recent-trades">
        Recent trades
      </Heading>
      {first.isError && lines === undefined ? (
        <Error title="The trades could not be loaded" error={first.error} onRetry={() => void first.refetch()} />
      ) : (
        <Tape lines={lines} />
      )}
    </section>
  );
}

function Tape({ lines }: { lines: readonly Line[] | undefined }) {
  if (lines?.length === 0) {
    return (
      <div className={styles.empty}>
        <Typography tone="quiet">No trades yet today. The first will show here.</Typography>
      </div>
    );
  }
  return (
    <table className={styles.tape}>
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Price</th>
          <th scope="col">Shares</th>
        </tr>
      </thead>
      <tbody>
        {lines?.map((line, place) => (
          // By place: a new trade changes numbers, and moves no row.
          <tr key={place}>
            <td>{timeWithSeconds(line.at)}</td>
            <td className={line.side === null ? undefined : line.side === 'BUY' ? styles.bought : styles.sold}>
              {money(line.price)}
              {line.side !== null && (
                <span className="visually-hidden">{line.side === 'BUY' ? ' bought' : ' sold'}</span>
              )}
            </td>
            <td>{quantity(line.quantity)}</td>
          </tr>
        ))}
        {Array.from({ length: ROWS - (lines?.length ?? 0) }, (_, index) => (
          <tr key={(lines?.length ?? 0) + index}>
            <td colSpan={3}>{lines === undefined ? <Skeleton width="100%" /> : '\u00a0'}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function joined(live: readonly Line[], earlier: readonly Line[] | undefined): readonly Line[] | undefined {
  if (earlier === undefined && live.length === 0) return undefined;
  const seen = new Set(live.map((line) => line.tradeId));
  return [...live, ...(earlier ?? []).filter((line) => !seen.has(line.tradeId))].slice(0, ROWS);
}
