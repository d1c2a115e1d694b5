import { getRouteApi, useRouter } from '@tanstack/react-router';

import { PricePreview } from '@/features/assets/components/price-preview';
import { Welcome } from '@/features/auth/components/welcome';
import { beginSession } from '@/lib/session';

const route = getRouteApi('/welcome');

export function WelcomeRoute() {
  const { next, ended = false } = route.useSearch();
  const router = useRouter();
  return (
    <main id="main">
      <Welcome
        preview={<PricePreview />}
        expired={ended}
        onStarted={() => {
          beginSession();
          // Only an address of our own: what follows a slash could be another host.
          const inside = next !== undefined && /^\/(?![/\\])/.test(next);
          router.history.push(inside ? next : '/');
        }}
      />
    </main>
  );
}
