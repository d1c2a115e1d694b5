import { ProgressBar } from 'react-aria-components';

import styles from './progress.module.css';

interface ProgressProps {
  label: string;
  /** 0 to 100. */
  percent: number;
  /** The value in words: "4 of 10". */
  words: string;
}

/** How far something has come. */
export function Progress({ label, percent, words }: ProgressProps) {
  return (
    <ProgressBar className={styles.progress ?? ''} aria-label={label} value={percent} valueLabel={words}>
      <span className={styles.track}>
        <span className={styles.bar} style={{ width: `${percent}%` }} />
      </span>
    </ProgressBar>
  );
}
