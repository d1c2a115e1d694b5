import { useRouter } from '@tanstack/react-router';

import { Narrow } from '@/components/layouts/narrow';
import { PageHeading } from '@/components/layouts/page-heading';
import { Panel } from '@/components/layouts/panel';
import { AccountCard } from '@/features/auth/components/account-card';
import { Statements } from '@/features/portfolio/components/statements';
import { About } from '@/features/settings/components/about';
import { Appearance } from '@/features/settings/components/appearance';
import { endSession } from '@/lib/session';

export function AccountRoute() {
  const router = useRouter();
  return (
    <Narrow>
      <PageHeading title="Account">Account</PageHeading>
      <AccountCard
        onLoggedOut={() => {
          void router.navigate({ to: '/welcome' }).then(endSession);
        }}
      />
      <Panel>
        <Statements />
      </Panel>
      <Appearance />
      <About />
    </Narrow>
  );
}
