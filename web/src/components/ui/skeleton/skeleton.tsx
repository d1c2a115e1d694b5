import styles from './skeleton.module.css';

interface SkeletonProps {
  /** CSS lengths: those of the content that will stand here. */
  width?: string;
  height?: string;
  round?: boolean;
}

/** A place held for content on its way; assistive technology does not see it. */
export function Skeleton({ width = '100%', height = '1em', round = false }: SkeletonProps) {
  return (
    <span
      className={round ? `${styles.skeleton ?? ''} ${styles.round ?? ''}` : styles.skeleton}
      style={{ width, height }}
      aria-hidden="true"
    />
  );
}
