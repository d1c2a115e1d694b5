import type { ReactNode } from 'react';

import styles from './typography.module.css';

interface TypographyProps {
  as?: 'p' | 'span' | 'div' | 'dt' | 'dd' | 'strong' | 'small';
  size?: 'small' | 'body' | 'row' | 'title' | 'display';
  tone?: 'ink' | 'quiet' | 'accent' | 'danger' | 'gain' | 'loss';
  strong?: boolean;
  /** Cut one line with an ellipsis rather than wrap. */
  oneLine?: boolean;
  id?: string;
  children: ReactNode;
}

/** Running text: size, tone and weight from the tokens, and no others. */
export function Typography({
  as: Tag = 'p',
  size = 'body',
  tone = 'ink',
  strong = false,
  oneLine = false,
  id,
  children,
}: TypographyProps) {
  const names = [styles[size], styles[tone], strong && styles.strong, oneLine && styles.oneLine];
  return (
    <Tag id={id} className={names.filter(Boolean).join(' ')}>
      {children}
    </Tag>
  );
}
