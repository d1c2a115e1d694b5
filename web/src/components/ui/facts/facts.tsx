import type { ReactNode } from 'react';

import styles from './facts.module.css';

interface FactsProps {
  facts: readonly (readonly [string, ReactNode])[];
  /** `rows` is one a line; `grid` is two columns of label over value. */
  look?: 'rows' | 'grid';
}

/** Labels and their values. */
export function Facts({ facts, look = 'rows' }: FactsProps) {
  return (
    <dl className={styles[look]}>
      {facts.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
