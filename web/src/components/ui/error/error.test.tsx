import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';

import { Problem } from '@/lib/api/problem';

import { Error } from './error';

const refused = new Problem({
  status: 503,
  code: 'UNAVAILABLE',
  title: 'Unavailable',
  detail: 'The exchange is starting.',
  requestId: 'r4k2m9x0c1d7',
  retryable: true,
  errors: [],
});

it('says what failed and why', () => {
  render(<Error title="Your orders could not be loaded" error={refused} />);
  expect(screen.getByRole('alert')).toHaveTextContent('Your orders could not be loaded');
  expect(screen.getByRole('alert')).toHaveTextContent('The exchange is starting.');
});

it('retries when asked', async () => {
  const onRetry = vi.fn();
  render(<Error title="No chart" error={refused} onRetry={onRetry} />);
  await userEvent.click(screen.getByRole('button', { name: 'Retry' }));
  expect(onRetry).toHaveBeenCalledOnce();
});

it('tells support the reason and the request', () => {
  render(<Error title="No chart" error={refused} />);
  const link = decodeURIComponent(screen.getByRole('link', { name: 'Contact support' }).getAttribute('href') ?? '');
  expect(link).toContain('The exchange is starting.');
  expect(link).toContain('r4k2m9x0c1d7');
});

it('hides the words of a programming mistake', () => {
  render(<Error title="No chart" error={new TypeError('x is undefined')} />);
  expect(screen.getByRole('alert')).not.toHaveTextContent('undefined');
});
