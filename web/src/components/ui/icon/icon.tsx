import styles from './icon.module.css';

/** Drawn on a 24 px grid, strokes of 1.75 px, round ends. */
const PATHS = {
  home: 'M4 11.2 12 4.5l8 6.7V19a1 1 0 0 1-1 1h-4.5v-5.5h-5V20H5a1 1 0 0 1-1-1z',
  search: 'M16.2 16.2 20.5 20.5M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0z',
  orders: 'M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4 6.5h.5M4 12h.5M4 17.5h.5',
  account: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.8-3.4 3.8-5 7.5-5s6.7 1.6 7.5 5',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  forward: 'M9.5 5.5 16 12l-6.5 6.5',
  first: 'M17.5 5.5 11 12l6.5 6.5M6.5 5.5v13',
  last: 'M6.5 5.5 13 12l-6.5 6.5M17.5 5.5v13',
  down: 'M5.5 9.5 12 16l6.5-6.5',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5 10 17.5 19.5 7',
  clock: 'M12 7v5.2l3.2 2M20.5 12a8.5 8.5 0 1 1-17 0 8.5 8.5 0 0 1 17 0z',
  alert:
    'M12 8.5v4.5M12 16.5v.2M10.6 4.6 3.2 17.5A1.6 1.6 0 0 0 4.6 20h14.8a1.6 1.6 0 0 0 1.4-2.5L13.4 4.6a1.6 1.6 0 0 0-2.8 0z',
  pause: 'M8.5 5.5v13M15.5 5.5v13',
  play: 'M8 5.2v13.6L18.5 12z',
  sound: 'M4 9.8v4.4h3.2l4.8 4V5.8l-4.8 4zM15.5 9.2a4 4 0 0 1 0 5.6M18 6.8a7.4 7.4 0 0 1 0 10.4',
  candles: 'M7.5 4v3M7.5 16v4M16.5 4v4M16.5 15v5M5 7h5v9H5zM14 8h5v7h-5z',
  line: 'M3.5 17 9 10.5l4 3.5 7.5-8.5',
  table: 'M4 6h16v12.5H4zM4 10.5h16M10 10.5v8',
  minus: 'M5.5 12h13',
  plus: 'M12 5.5v13M5.5 12h13',
  offline:
    'M4 4l16 16M8.7 15.4a4.8 4.8 0 0 1 5-1.1M5.5 12a9.3 9.3 0 0 1 4.2-2.4M2.8 8.6a13.4 13.4 0 0 1 4-2.6M13.5 9.2a9.3 9.3 0 0 1 5 2.8M11 5.1a13.4 13.4 0 0 1 10.2 3.5M12 19v.2',
} as const;

export type IconName = keyof typeof PATHS;

interface IconProps {
  name: IconName;
  size?: number;
}

/** A sign beside words or under a label: never the only carrier of a meaning. */
export function Icon({ name, size = 24 }: IconProps) {
  return (
    <svg className={styles.icon} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
