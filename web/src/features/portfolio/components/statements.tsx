import { useQuery } from '@tanstack/react-query';

import { Error } from '@/components/ui/error/error';
import { Heading } from '@/components/ui/heading/heading';
import { List } from '@/components/ui/list/list';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import type { Statement } from '@/lib/api/types';
import { monthOf } from '@/lib/format';

import { statementsQuery } from '../api/get-statements';
import styles from './statements.module.css';

function StatementRow({ statement }: { statement: Statement }) {
  const month = monthOf(statement.month);
  return (
    <div className={styles.row}>
      <span>
        {month}
        {!statement.complete && <span className={styles.note}> so far</span>}
      </span>
      <span className={styles.files}>
        <a href={statement.pdf} download className={styles.file} aria-label={`Statement of ${month} as PDF`}>
          PDF
        </a>
        <a href={statement.csv} download className={styles.file} aria-label={`Statement of ${month} as CSV`}>
          CSV
        </a>
      </span>
    </div>
  );
}

/** Each month's statement, as files to keep. */
export function Statements() {
  const statements = useQuery(statementsQuery);
  return (
    <section aria-labelledby="statements">
      <Heading level={2} id="statements">
        Statements
      </Heading>
      {statements.isError && statements.data === undefined ? (
        <Error
          title="Your statements could not be loaded"
          error={statements.error}
          onRetry={() => void statements.refetch()}
          isRetrying={statements.isFetching}
        />
      ) : (
        <List
          label="Statements"
          items={statements.data?.data}
          keyOf={(statement) => statement.month}
          row={(statement) => <StatementRow statement={statement} />}
          pendingRow={
            <div className={styles.row}>
              <Skeleton width="14ch" />
            </div>
          }
          pendingRows={1}
        />
      )}
    </section>
  );
}
