import { useQuery } from '@tanstack/react-query';

import { PageHeading } from '@/components/layouts/page-heading';
import { Monogram } from '@/components/ui/monogram/monogram';
import { Typography } from '@/components/ui/typography/typography';

import { assetQuery } from '../api/get-asset';
import styles from './asset-heading.module.css';

/** The company, and that its market is a simulated one; of a venue-fed symbol, that it has none here. */
export function AssetHeading({ symbol }: { symbol: string }) {
  const { data } = useQuery(assetQuery(symbol));
  const name = data?.name ?? symbol;
  return (
    <div className={styles.heading}>
      <Monogram ticker={symbol} size="large" />
      <div className={styles.words}>
        <PageHeading title={data === undefined ? symbol : `${name} (${symbol})`}>{name}</PageHeading>
        <Typography size="small" tone="quiet" oneLine>
          {symbol} · {data?.feed == null ? 'Simulated market' : 'Prices from elsewhere'}
        </Typography>
      </div>
    </div>
  );
}
