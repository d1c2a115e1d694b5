import { Link, useCanGoBack, useRouter } from '@tanstack/react-router';

import { Icon } from '@/components/ui/icon/icon';

import styles from './back-link.module.css';

/** Back to where one came from; home for who came by a link. */
export function BackLink() {
  const router = useRouter();
  const canGoBack = useCanGoBack();
  return (
    <Link
      to="/"
      className={styles.back}
      onClick={(event) => {
        if (!canGoBack) return;
        event.preventDefault();
        router.history.back();
      }}
    >
      <Icon name="back" size={20} />
      Back
    </Link>
  );
}
