import type { ReactNode } from 'react';

import styles from './columns.module.css';

interface TwoColumnsProps {
  main: ReactNode;
  side: ReactNode;
}

/** One column on a phone, the main one first; on a desktop the side stands beside it and stays in view. */
export function TwoColumns({ main, side }: TwoColumnsProps) {
  return (
    <div className={styles.two}>
      <div className={styles.column}>{main}</div>
      <div className={`${styles.column ?? ''} ${styles.side ?? ''}`}>{side}</div>
    </div>
  );
}
