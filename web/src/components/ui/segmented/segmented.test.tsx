import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it } from 'vitest';

import { Segmented } from './segmented';

const SIDES = [
  ['BUY', 'Buy'],
  ['SELL', 'Sell'],
] as const;

function Sides() {
  const [side, setSide] = useState<'BUY' | 'SELL'>('BUY');
  return <Segmented label="Side" value={side} options={SIDES} onChange={setSide} />;
}

it('is a group of radio buttons with one chosen', () => {
  render(<Sides />);
  expect(screen.getByRole('radiogroup', { name: 'Side' })).toBeInTheDocument();
  expect(screen.getByRole('radio', { name: 'Buy' })).toBeChecked();
});

it('chooses by press', async () => {
  render(<Sides />);
  await userEvent.click(screen.getByRole('radio', { name: 'Sell' }));
  expect(screen.getByRole('radio', { name: 'Sell' })).toBeChecked();
});

it('chooses by arrow keys', async () => {
  render(<Sides />);
  await userEvent.tab();
  await userEvent.keyboard('{ArrowRight}');
  expect(screen.getByRole('radio', { name: 'Sell' })).toBeChecked();
});
