import type { FallbackProps } from 'react-error-boundary';

import { Error } from '@/components/ui/error/error';

/** The app itself has failed: nothing else is left to show. */
export function AppError({ error, resetErrorBoundary }: FallbackProps) {
  return (
    <main>
      <Error title="OpenBell has stopped" error={error} onRetry={resetErrorBoundary} />
    </main>
  );
}
