import type { ReactNode } from 'react';

import { Icon, type IconName } from '@/components/ui/icon/icon';

import styles from './notice.module.css';

interface NoticeProps {
  icon?: IconName;
  tone?: 'plain' | 'danger';
  /** `status` waits its turn to be read, `alert` interrupts. */
  role?: 'status' | 'alert' | undefined;
  id?: string;
  children: ReactNode;
}

/** A line or two that matter here and now. */
export function Notice({ icon = 'alert', tone = 'plain', role, id, children }: NoticeProps) {
  return (
    <div className={`${styles.notice ?? ''} ${styles[tone] ?? ''}`} role={role} id={id}>
      <Icon name={icon} size={20} />
      <div className={styles.words}>{children}</div>
    </div>
  );
}
