import { Button } from '@/components/ui/button/button';
import { Icon } from '@/components/ui/icon/icon';
import { reasonOf, isProblem } from '@/lib/api/problem';
import { supportLink } from '@/lib/support';

import styles from './error.module.css';

interface ErrorProps {
  /** What could not be done: "Your orders could not be loaded". */
  title: string;
  /** What was thrown; its reason is shown as a sentence. */
  error: unknown;
  onRetry?: (() => void) | undefined;
  isRetrying?: boolean;
}

/** Something failed: what, why in plain words, Retry and Contact support. */
export function Error({ title, error, onRetry, isRetrying = false }: ErrorProps) {
  const reason = reasonOf(error);
  const requestId = isProblem(error) ? error.requestId : null;
  return (
    <div className={styles.error} role="alert">
      <span className={styles.sign}>
        <Icon name={isProblem(error, 'NETWORK') ? 'offline' : 'alert'} />
      </span>
      <p className={styles.title}>{title}</p>
      <p className={styles.reason}>{reason}</p>
      <div className={styles.ways}>
        {onRetry !== undefined && (
          <Button onPress={onRetry} isPending={isRetrying}>
            Retry
          </Button>
        )}
        <a className={styles.support} href={supportLink(`${title}. ${reason}`, requestId)}>
          Contact support
        </a>
      </div>
    </div>
  );
}
