import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import { List } from './list';

const view = (items: readonly string[] | undefined) => (
  <List
    label="Top stocks"
    items={items}
    keyOf={(item) => item}
    row={(item) => item}
    pendingRow="..."
    pendingRows={3}
    empty={<p>Nothing yet</p>}
  />
);

it('shows a row for each item, in order', () => {
  render(view(['NVDA', 'AAPL']));
  expect(screen.getByRole('list', { name: 'Top stocks' })).toHaveAttribute('aria-busy', 'false');
  expect(screen.getAllByRole('listitem').map((row) => row.textContent)).toEqual(['NVDA', 'AAPL']);
});

it('holds as many places as rows are expected while it waits', () => {
  render(view(undefined));
  expect(screen.getByRole('list')).toHaveAttribute('aria-busy', 'true');
  expect(screen.getAllByRole('listitem')).toHaveLength(3);
});

it('shows the empty state in place of an empty list', () => {
  render(view([]));
  expect(screen.queryByRole('list')).not.toBeInTheDocument();
  expect(screen.getByText('Nothing yet')).toBeInTheDocument();
});
