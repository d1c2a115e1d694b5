import { useEffect, useRef } from 'react';

import { decimal } from '@/lib/decimal';
import { money } from '@/lib/format';
import { prefersReducedMotion } from '@/lib/preferences';

import styles from './price.module.css';

interface PriceProps {
  value: string;
  /** Say nothing of a change: the value is a total or a scrubbed one. */
  still?: boolean;
}

const FLASH_MS = 400;

/** A live price: when it changes, a tint of gain or loss fades behind it. */
export function Price({ value, still = false }: PriceProps) {
  const cell = useRef<HTMLSpanElement>(null);
  const before = useRef(value);
  useEffect(() => {
    const up = decimal(value).cmp(decimal(before.current));
    before.current = value;
    if (up === 0 || still || prefersReducedMotion()) return;
    const tint = `color-mix(in srgb, var(${up > 0 ? '--gain' : '--loss'}) 22%, transparent)`;
    cell.current?.animate([{ backgroundColor: tint }, { backgroundColor: 'transparent' }], FLASH_MS);
  }, [value, still]);
  return (
    <span ref={cell} className={`${styles.price ?? ''} live`}>
      {money(value)}
    </span>
  );
}
