import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode } from 'react';

import { AssetRow, AssetRowSkeleton } from '@/components/ui/asset-row/asset-row';
import { Change } from '@/components/ui/change/change';
import { Heading } from '@/components/ui/heading/heading';
import { List } from '@/components/ui/list/list';
import { Price } from '@/components/ui/price/price';
import { Typography } from '@/components/ui/typography/typography';
import type { Holding } from '@/lib/api/types';
import { plain } from '@/lib/decimal';
import { shares } from '@/lib/format';
import { useTick } from '@/lib/stream/use-market';

import { portfolioQuery } from '../api/get-portfolio';
import { rememberCount, rememberedCount } from '../holding-count';
import { valueOf } from '../live-value';
import styles from './my-assets.module.css';

function HoldingRow({ holding }: { holding: Holding }) {
  const tick = useTick(holding.symbol);
  return (
    <AssetRow
      symbol={holding.symbol}
      title={holding.name}
      detail={shares(holding.quantity)}
      value={<Price value={plain(valueOf(holding, tick).value)} />}
      change={<Change percent={tick?.changePercent ?? holding.changePercent} size="small" />}
    />
  );
}

interface MyAssetsProps {
  /** The way on from an empty list. */
  nextStep: ReactNode;
}

/** What the account owns, largest first, with the number of shares. */
export function MyAssets({ nextStep }: MyAssetsProps) {
  const portfolio = useQuery(portfolioQuery);
  const [expected] = useState(rememberedCount);
  const count = portfolio.data?.holdings.length;
  useEffect(() => {
    if (count !== undefined) rememberCount(count);
  }, [count]);
  if (portfolio.isError && portfolio.data === undefined) return null;
  return (
    <section aria-labelledby="my-assets">
      <Heading level={2} id="my-assets">
        My assets
      </Heading>
      <List
        label="My assets"
        items={portfolio.data?.holdings}
        keyOf={(holding) => holding.symbol}
        row={(holding) => <HoldingRow holding={holding} />}
        pendingRow={expected === 0 ? <div className={styles.empty} /> : <AssetRowSkeleton />}
        pendingRows={Math.max(1, expected)}
        empty={
          <div className={styles.empty}>
            <Typography strong>You own no shares yet</Typography>
            <Typography tone="quiet">Choose a company and press Buy. It takes a few seconds.</Typography>
            {nextStep}
          </div>
        }
      />
    </section>
  );
}
