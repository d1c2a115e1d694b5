import { Link } from '@tanstack/react-router';

import { PageHeading } from '@/components/layouts/page-heading';
import { Typography } from '@/components/ui/typography/typography';

import styles from './not-found.module.css';

/** An address that leads nowhere. */
export function NotFound() {
  return (
    <main className={styles.page}>
      <PageHeading title="Not found">There is nothing here</PageHeading>
      <Typography tone="quiet">The address may be mistyped, or the page has moved.</Typography>
      <Link to="/" className={styles.link}>
        Go home
      </Link>
    </main>
  );
}
