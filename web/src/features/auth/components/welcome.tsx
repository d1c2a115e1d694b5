import type { ReactNode } from 'react';

import { Button } from '@/components/ui/button/button';
import { PageHeading } from '@/components/layouts/page-heading';
import { Logo } from '@/components/ui/logo/logo';
import { Notice } from '@/components/ui/notice/notice';
import { Typography } from '@/components/ui/typography/typography';
import { reasonOf } from '@/lib/api/problem';

import { useStartDemo } from '../api/start-demo';
import styles from './welcome.module.css';

interface WelcomeProps {
  /** A session was there and has ended: say so. */
  expired: boolean;
  onStarted: () => void;
  /** The market as it is now. */
  preview: ReactNode;
}

/** The first screen: what this is, in a sentence, and one tap to a demo account. */
export function Welcome({ expired, onStarted, preview }: WelcomeProps) {
  const demo = useStartDemo(onStarted);
  return (
    <div className={styles.welcome}>
      <div className={styles.words}>
        <Logo size={56} />
        <PageHeading title="Welcome" look="display">
          The market is open.
        </PageHeading>
        <Typography size="title" tone="quiet">
          Buy and sell shares of 500 companies with $100,000 of paper money.
        </Typography>
      </div>
      {preview}
      <div className={styles.start}>
        {expired && (
          <Notice icon="clock" role="status">
            Your session has ended. A new demo account takes you back to where you were.
          </Notice>
        )}
        {demo.isError && (
          <Notice tone="danger" role="alert">
            {reasonOf(demo.error)}
          </Notice>
        )}
        <Button
          look="primary"
          wide
          isPending={demo.isPending || demo.isSuccess}
          onPress={() => {
            demo.mutate();
          }}
        >
          Try the demo
        </Button>
        <Typography size="small" tone="quiet">
          No form, no card. A simulated market: every price is made by its own participants.
        </Typography>
      </div>
    </div>
  );
}
