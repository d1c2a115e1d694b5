import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { Monogram } from '@/components/ui/monogram/monogram';
import { Skeleton } from '@/components/ui/skeleton/skeleton';

import styles from './asset-row.module.css';

interface AssetRowProps {
  symbol: string;
  /** The first line, and the quieter second one. */
  title: ReactNode;
  detail: ReactNode;
  /** The number at the right, and the quieter one under it. */
  value: ReactNode;
  change: ReactNode;
}

/** A company in a list: its mark, two lines of words, two lines of numbers; a link to its page. */
export function AssetRow({ symbol, title, detail, value, change }: AssetRowProps) {
  return (
    <Link to="/stocks/$symbol" params={{ symbol }} className={styles.row} preload="intent">
      <Monogram ticker={symbol} />
      <span className={styles.words}>
        <span className={styles.title}>{title}</span>
        <span className={styles.detail}>{detail}</span>
      </span>
      <span className={styles.numbers}>
        <span className={styles.title}>{value}</span>
        <span className={styles.detail}>{change}</span>
      </span>
    </Link>
  );
}

export function AssetRowSkeleton() {
  return (
    <span className={styles.row}>
      <Skeleton width="40px" height="40px" round />
      <span className={styles.words}>
        <span className={styles.title}>
          <Skeleton width="9ch" />
        </span>
        <span className={styles.detail}>
          <Skeleton width="14ch" />
        </span>
      </span>
      <span className={styles.numbers}>
        <span className={styles.title}>
          <Skeleton width="8ch" />
        </span>
        <span className={styles.detail}>
          <Skeleton width="7ch" />
        </span>
      </span>
    </span>
  );
}
