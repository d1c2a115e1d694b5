import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import { Heading } from './heading';

it('is a heading of its level', () => {
  render(<Heading level={2}>Top stocks</Heading>);
  expect(screen.getByRole('heading', { level: 2, name: 'Top stocks' })).toBeInTheDocument();
});

it('can take the focus as the h1 of a page', () => {
  render(<Heading level={1}>Orders</Heading>);
  screen.getByRole('heading').focus();
  expect(screen.getByRole('heading')).toHaveFocus();
});

it('stays out of the tab order below the h1', () => {
  render(<Heading level={2}>Order book</Heading>);
  expect(screen.getByRole('heading')).not.toHaveAttribute('tabindex');
});
