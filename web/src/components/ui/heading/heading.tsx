import type { ReactNode, Ref } from 'react';

import styles from './heading.module.css';

interface HeadingProps {
  level: 1 | 2 | 3;
  /** How it looks, apart from its level: `display` for the number that matters, `quiet` for a small label. */
  look?: 'display' | 'title' | 'section' | 'quiet';
  id?: string;
  children: ReactNode;
  ref?: Ref<HTMLHeadingElement>;
}

const DEFAULT_LOOK = { 1: 'title', 2: 'section', 3: 'quiet' } as const;

/** A heading; the h1 can take the focus after a change of route. */
export function Heading({ level, look = DEFAULT_LOOK[level], id, children, ref }: HeadingProps) {
  const Tag = `h${level}` as const;
  return (
    <Tag id={id} ref={ref} className={styles[look]} tabIndex={level === 1 ? -1 : undefined}>
      {children}
    </Tag>
  );
}
