import type { ReactNode } from 'react';
import { ErrorBoundary, type FallbackProps } from 'react-error-boundary';

import { Error } from '@/components/ui/error/error';

function PanelError({ error, resetErrorBoundary }: FallbackProps) {
  return <Error title="This part has failed" error={error} onRetry={resetErrorBoundary} />;
}

/** A part of a page that fails alone: a broken chart leaves the ticket working. */
export function Panel({ children }: { children: ReactNode }) {
  return <ErrorBoundary FallbackComponent={PanelError}>{children}</ErrorBoundary>;
}
