import { money, quantity } from '@/lib/format';

import { whenOf, type Bar } from '../points';
import type { RangeName } from '../ranges';
import styles from './candle-table.module.css';

interface CandleTableProps {
  symbol: string;
  bars: readonly Bar[];
  range: RangeName;
}

/** The chart's numbers, newest first. */
export function CandleTable({ symbol, bars, range }: CandleTableProps) {
  return (
    // A region that scrolls has to be reachable by keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.scroll} role="region" aria-label={`${symbol} prices as a table`} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Open</th>
            <th scope="col">High</th>
            <th scope="col">Low</th>
            <th scope="col">Close</th>
            <th scope="col">Volume</th>
          </tr>
        </thead>
        <tbody>
          {bars.toReversed().map((bar) => (
            <tr key={bar.at}>
              <th scope="row">{whenOf(bar, range)}</th>
              <td>{money(bar.open)}</td>
              <td>{money(bar.high)}</td>
              <td>{money(bar.low)}</td>
              <td>{money(bar.close)}</td>
              <td>{quantity(bar.volume)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
