import { useEffect, useRef, type ReactNode } from 'react';

import styles from './ticket.module.css';

/** The title of a step of the ticket; it takes the focus when the step begins, so that it is read first. */
export function StageTitle({ children }: { children: ReactNode }) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    title.current?.focus();
  }, []);
  return (
    <h3 ref={title} className={styles.title} tabIndex={-1}>
      {children}
    </h3>
  );
}
