import type { ReactNode } from 'react';

import styles from './columns.module.css';

/** One column of a width that reads well. */
export function Narrow({ children }: { children: ReactNode }) {
  return <div className={`${styles.column ?? ''} ${styles.narrow ?? ''}`}>{children}</div>;
}
