import { useQuery } from '@tanstack/react-query';

import { Change } from '@/components/ui/change/change';
import { Monogram } from '@/components/ui/monogram/monogram';
import { Price } from '@/components/ui/price/price';
import { Skeleton } from '@/components/ui/skeleton/skeleton';

import { topAssetsQuery } from '../api/get-top-assets';
import styles from './price-preview.module.css';

const ROWS = 3;
/** Before a session there is no stream: asking now and then shows well enough that prices move. */
const AGAIN_MS = 3_000;

/** A few companies and their prices now, to look at only. */
export function PricePreview() {
  const { data } = useQuery({ ...topAssetsQuery(ROWS, 0), refetchInterval: AGAIN_MS });
  return (
    <ul className={styles.preview} aria-label="Prices now" aria-busy={data === undefined}>
      {(data?.data ?? Array.from({ length: ROWS }, () => null)).map((asset, index) => (
        <li key={asset?.symbol ?? index} className={styles.row}>
          {asset === null ? <Skeleton width="40px" height="40px" round /> : <Monogram ticker={asset.symbol} />}
          <span className={styles.name}>{asset?.name ?? <Skeleton width="10ch" />}</span>
          <span className={styles.price}>
            {asset === null ? <Skeleton width="7ch" /> : <Price value={asset.price} />}
            {asset === null ? <Skeleton width="5ch" /> : <Change percent={asset.changePercent} size="small" />}
          </span>
        </li>
      ))}
    </ul>
  );
}
