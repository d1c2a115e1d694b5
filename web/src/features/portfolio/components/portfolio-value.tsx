import { useQuery } from '@tanstack/react-query';

import { PageHeading } from '@/components/layouts/page-heading';
import { Change } from '@/components/ui/change/change';
import { Error } from '@/components/ui/error/error';
import { Price } from '@/components/ui/price/price';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { money } from '@/lib/format';
import { useTicks } from '@/lib/stream/use-ticks';

import { portfolioQuery } from '../api/get-portfolio';
import { liveValue } from '../live-value';
import styles from './portfolio-value.module.css';

/** What everything is worth now, the day's and the total profit or loss, and what can be spent. */
export function PortfolioValue() {
  const portfolio = useQuery(portfolioQuery);
  const ticks = useTicks(portfolio.data?.holdings.map((holding) => holding.symbol) ?? []);
  if (portfolio.isError && portfolio.data === undefined) {
    return (
      <section aria-label="Portfolio value">
        <PageHeading title="Home" look="quiet">
          Portfolio
        </PageHeading>
        <Error
          title="Your portfolio could not be loaded"
          error={portfolio.error}
          onRetry={() => void portfolio.refetch()}
          isRetrying={portfolio.isFetching}
        />
      </section>
    );
  }
  const live = portfolio.data === undefined ? undefined : liveValue(portfolio.data, ticks);
  return (
    <section className={styles.value} aria-label="Portfolio value" aria-busy={live === undefined}>
      <PageHeading title="Home" look="quiet">
        Portfolio
      </PageHeading>
      <p className={styles.total}>
        {live === undefined ? <Skeleton width="7ch" height="0.8em" /> : <Price value={live.totalValue} still />}
      </p>
      <p className={styles.day}>
        {live === undefined ? (
          <Skeleton width="18ch" />
        ) : (
          <Change amount={live.dayPnL} percent={live.dayPnLPercent} since="today" />
        )}
      </p>
      <dl className={styles.facts}>
        <div>
          <dt>Buying power</dt>
          <dd>{portfolio.data === undefined ? <Skeleton width="9ch" /> : money(portfolio.data.buyingPower)}</dd>
        </div>
        <div>
          <dt>Total profit or loss</dt>
          <dd>{live === undefined ? <Skeleton width="9ch" /> : <Change amount={live.totalPnL} />}</dd>
        </div>
      </dl>
    </section>
  );
}
