import { useState, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react';

import { money, signedPercent } from '@/lib/format';

import type { Point } from '../points';
import styles from './data-cursor.module.css';

interface DataCursorProps {
  label: string;
  /** Bars that can be pointed at. */
  count: number;
  told: (index: number) => Point;
  /** The bar under a horizontal place, in pixels from the left. */
  indexAt: (x: number) => number | null;
  onMove: (index: number | null) => void;
  children: ReactNode;
}

const STEPS: Record<string, number> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -10,
  PageUp: 10,
  Home: -Infinity,
  End: Infinity,
};

/** One cursor over the chart for the mouse, the finger and the keyboard: a slider over the bars. */
export function DataCursor({ label, count, told, indexAt, onMove, children }: DataCursorProps) {
  const [index, setIndex] = useState<number | null>(null);
  const last = count - 1;
  const at = Math.min(index ?? last, last);
  const point = told(at);

  const move = (to: number | null): void => {
    const next = to === null ? null : Math.max(0, Math.min(last, to));
    setIndex(next);
    onMove(next);
  };
  const byPointer = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.pointerType === 'touch' && event.buttons === 0) return;
    const to = indexAt(event.clientX - event.currentTarget.getBoundingClientRect().left);
    if (to !== null) move(to);
  };
  const byKey = (event: KeyboardEvent): void => {
    const step = STEPS[event.key];
    if (step !== undefined) {
      event.preventDefault();
      move(at + step);
    } else if (event.key === 'Escape') move(null);
  };
  const leave = (): void => {
    move(null);
  };
  return (
    <div
      className={styles.cursor}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={last}
      aria-valuenow={at}
      aria-valuetext={`${point.when}: ${money(point.price)}, ${signedPercent(point.changePercent)}`}
      onKeyDown={byKey}
      onBlur={leave}
      onPointerDown={byPointer}
      onPointerMove={byPointer}
      onPointerLeave={leave}
      onPointerCancel={leave}
    >
      {children}
    </div>
  );
}
