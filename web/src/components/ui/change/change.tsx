import { signOf } from '@/lib/decimal';
import { signedMoney, signedPercent } from '@/lib/format';

import styles from './change.module.css';

interface ChangeProps {
  amount?: string | undefined;
  percent?: string | undefined;
  /** What it is a change over: "today". */
  since?: string;
  size?: 'small' | 'body';
}

/** Up or down by arrow, sign and colour; zero is neutral. */
export function Change({ amount, percent, since, size = 'body' }: ChangeProps) {
  const sign = signOf(amount ?? percent ?? '0');
  const look = sign > 0 ? styles.gain : sign < 0 ? styles.loss : styles.neutral;
  return (
    <span className={`${styles.change ?? ''} ${styles[size] ?? ''} ${look ?? ''} live`}>
      {sign !== 0 && (
        <svg className={styles.arrow} viewBox="0 0 10 8" aria-hidden="true">
          <path d={sign > 0 ? 'M5 0l5 8H0z' : 'M5 8 0 0h10z'} />
        </svg>
      )}
      {amount !== undefined && <span>{signedMoney(amount)}</span>}
      {percent !== undefined && (
        <span>{amount === undefined ? signedPercent(percent) : `(${signedPercent(percent)})`}</span>
      )}
      {since !== undefined && <span className={styles.since}>{since}</span>}
    </span>
  );
}
