import type { ErrorComponentProps } from '@tanstack/react-router';

import { PageHeading } from '@/components/layouts/page-heading';
import { Error } from '@/components/ui/error/error';

/** One page has failed; the navigation around it goes on working. */
export function RouteError({ error, reset }: ErrorComponentProps) {
  return (
    <>
      <span className="visually-hidden">
        <PageHeading title="Error">This page has failed</PageHeading>
      </span>
      <Error title="This page could not be shown" error={error} onRetry={reset} />
    </>
  );
}
