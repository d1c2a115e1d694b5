import styles from './monogram.module.css';

interface MonogramProps {
  ticker: string;
  size?: 'row' | 'large';
}

/** A company's mark: its first letters on a colour of its own, the same on every screen. */
export function Monogram({ ticker, size = 'row' }: MonogramProps) {
  return (
    <span
      className={size === 'large' ? `${styles.monogram ?? ''} ${styles.large ?? ''}` : styles.monogram}
      style={{ '--hue': hueOf(ticker) } as React.CSSProperties}
      aria-hidden="true"
    >
      {ticker.replace(/[^A-Z]/g, '').slice(0, 2)}
    </span>
  );
}

/** Degrees; golden-angle steps keep tickers that differ by one letter apart. */
function hueOf(ticker: string): number {
  let hash = 7;
  for (const letter of ticker) hash = (hash * 31 + letter.charCodeAt(0)) % 65_521;
  return Math.round((hash * 137.508) % 360);
}
