import { useQuery } from '@tanstack/react-query';

import { Facts } from '@/components/ui/facts/facts';
import { Heading } from '@/components/ui/heading/heading';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { Typography } from '@/components/ui/typography/typography';
import { compactMoney, money, quantity } from '@/lib/format';
import { useQuote } from '@/lib/stream/use-market';

import { assetQuery } from '../api/get-asset';

const priceOr = (value: string | null | undefined): string => (value == null ? '–' : money(value));

/** The day in numbers, and what the company is. */
export function AssetFacts({ symbol }: { symbol: string }) {
  const { data } = useQuery(assetQuery(symbol));
  const quote = useQuote(symbol);
  const pending = <Skeleton width="8ch" />;
  const day = quote ?? data;
  return (
    <section aria-labelledby="about">
      <Heading level={2} id="about">
        About
      </Heading>
      <Typography tone="quiet">
        {data === undefined ? (
          <Skeleton width="28ch" />
        ) : data.feed === null ? (
          `${data.industry}, ${data.sector}`
        ) : (
          `Prices from the feed “${data.feed}”, its days in UTC`
        )}
      </Typography>
      <Facts
        look="grid"
        facts={[
          ['Open', day === undefined ? pending : priceOr(day.open)],
          ['High today', day === undefined ? pending : priceOr(day.high)],
          ['Low today', day === undefined ? pending : priceOr(day.low)],
          ['Previous close', day === undefined ? pending : priceOr(day.previousClose)],
          ['Volume today', day === undefined ? pending : quantity(day.volume)],
          data?.feed == null
            ? ['Market cap', data === undefined ? pending : compactMoney(data.marketCap)]
            : ['Trades here', 'None'],
        ]}
      />
    </section>
  );
}
