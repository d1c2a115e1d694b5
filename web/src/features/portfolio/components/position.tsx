import { useQuery } from '@tanstack/react-query';

import { Change } from '@/components/ui/change/change';
import { Facts } from '@/components/ui/facts/facts';
import { Heading } from '@/components/ui/heading/heading';
import { Price } from '@/components/ui/price/price';
import { decimal, plain } from '@/lib/decimal';
import { money, quantity } from '@/lib/format';
import { useTick } from '@/lib/stream/use-market';

import { portfolioQuery } from '../api/get-portfolio';
import { valueOf } from '../live-value';

/** What the account holds of one company; nothing where it holds none. */
export function Position({ symbol }: { symbol: string }) {
  const { data } = useQuery(portfolioQuery);
  const tick = useTick(symbol);
  const holding = data?.holdings.find((candidate) => candidate.symbol === symbol);
  if (holding === undefined) return null;
  const { value, moved } = valueOf(holding, tick);
  const unrealised = decimal(holding.unrealisedPnL).plus(moved);
  const cost = decimal(holding.cost);
  const percent = cost.gt('0') ? plain(unrealised.div(cost).times('100')) : '0';
  return (
    <section aria-labelledby="position">
      <Heading level={2} id="position">
        Your position
      </Heading>
      <Facts
        facts={[
          ['Shares', quantity(holding.quantity)],
          ['Market value', <Price key="value" value={plain(value)} />],
          ['Average cost', holding.averageCost === null ? '–' : money(holding.averageCost)],
          ['Profit or loss', <Change key="pnl" amount={plain(unrealised)} percent={percent} />],
        ]}
      />
    </section>
  );
}
