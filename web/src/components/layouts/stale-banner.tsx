import { Icon } from '@/components/ui/icon/icon';
import { timeWithSeconds } from '@/lib/format';
import type { Freshness } from '@/lib/stream/use-connection';

import styles from './stale-banner.module.css';

/** Says that what is shown is not live, and of when it is. */
export function StaleBanner({ freshness }: { freshness: Freshness }) {
  const { stale, state, since } = freshness;
  return (
    <div role="status" className={styles.place}>
      {stale && (
        <p className={styles.banner}>
          <Icon name="offline" size={18} />
          <span>
            {state === 'offline' ? 'You are offline.' : 'Reconnecting.'}
            {since !== null && ` Prices as of ${timeWithSeconds(since)}.`}
          </span>
        </p>
      )}
    </div>
  );
}
