import { useQuery } from '@tanstack/react-query';

import { Button } from '@/components/ui/button/button';
import { Facts } from '@/components/ui/facts/facts';
import { Heading } from '@/components/ui/heading/heading';
import { Notice } from '@/components/ui/notice/notice';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { reasonOf } from '@/lib/api/problem';
import { fullDateOf } from '@/lib/format';

import { meQuery } from '../api/get-me';
import { useLogOut } from '../api/log-out';
import styles from './account-card.module.css';

interface AccountCardProps {
  onLoggedOut: () => void;
}

/** Whose account this is, until when the session lasts, and the way out of it. */
export function AccountCard({ onLoggedOut }: AccountCardProps) {
  const { data: me } = useQuery(meQuery);
  const logOut = useLogOut(onLoggedOut);
  const pending = <Skeleton width="11ch" />;
  return (
    <section className={styles.card} aria-labelledby="your-account">
      <Heading level={2} id="your-account">
        {me === undefined || me.kind === 'DEMO' ? 'Demo account' : 'Your account'}
      </Heading>
      <Facts
        facts={[
          ['Account', me?.accountId ?? pending],
          ['Money', 'Paper, US dollars'],
          ['Opened', me === undefined ? pending : fullDateOf(me.createdAt)],
          ['Signed in until', me === undefined ? pending : fullDateOf(me.expiresAt)],
        ]}
      />
      {me?.kind === 'DEMO' && (
        <Notice>A demo account lives in this browser. After you log out there is no way back into it.</Notice>
      )}
      {logOut.isError && (
        <Notice tone="danger" role="alert">
          {reasonOf(logOut.error)}
        </Notice>
      )}
      <div>
        <Button
          isPending={logOut.isPending}
          onPress={() => {
            logOut.mutate();
          }}
        >
          Log out
        </Button>
      </div>
    </section>
  );
}
