import { Icon } from '@/components/ui/icon/icon';
import { useToasts } from '@/lib/toasts';

import styles from './toasts.module.css';

/** What just happened to an order, one under the other; announced politely. */
export function Toasts() {
  const toasts = useToasts();
  return (
    <div className={styles.toasts} role="status" aria-live="polite">
      {toasts.map((toast) => (
        <p key={toast.id} className={styles.toast}>
          <Icon name={toast.tone === 'danger' ? 'alert' : 'check'} size={20} />
          {toast.text}
        </p>
      ))}
    </div>
  );
}
