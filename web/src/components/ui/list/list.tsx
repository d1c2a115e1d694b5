import type { ReactNode } from 'react';

import styles from './list.module.css';

interface ListProps<Item> {
  /** What the list holds, for assistive technology. */
  label: string;
  /** The items, or undefined while they are on their way. */
  items: readonly Item[] | undefined;
  keyOf: (item: Item) => string;
  row: (item: Item) => ReactNode;
  /** A row of the same geometry without content, shown `pendingRows` times while items are on their way. */
  pendingRow: ReactNode;
  pendingRows?: number;
  /** Shown in place of the list when there are no items. */
  empty?: ReactNode;
}

/** A list of rows between hairlines, with its own skeleton and empty state. */
export function List<Item>({ label, items, keyOf, row, pendingRow, pendingRows = 5, empty }: ListProps<Item>) {
  if (items?.length === 0) return <>{empty}</>;
  return (
    <ul className={styles.list} aria-label={label} aria-busy={items === undefined}>
      {items === undefined
        ? Array.from({ length: pendingRows }, (_, index) => (
            <li key={index} className={styles.row}>
              {pendingRow}
            </li>
          ))
        : items.map((item) => (
            <li key={keyOf(item)} className={styles.row}>
              {row(item)}
            </li>
          ))}
    </ul>
  );
}
