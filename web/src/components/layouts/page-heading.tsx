import { useEffect, useRef, type ReactNode } from 'react';

import { Heading } from '@/components/ui/heading/heading';

interface PageHeadingProps {
  /** The document's title, before " · OpenBell". */
  title: string;
  look?: 'display' | 'title' | 'quiet';
  children: ReactNode;
}

let routesShown = 0;

/**
 * The h1 of a page. After a change of route it takes the focus, so that the keyboard and the screen reader
 * start at the new page; on the first page they start at the top, as everywhere.
 */
export function PageHeading({ title, look = 'title', children }: PageHeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    routesShown += 1;
    if (routesShown > 1) heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${title} · OpenBell`;
  }, [title]);
  return (
    <Heading level={1} look={look} ref={heading}>
      {children}
    </Heading>
  );
}
