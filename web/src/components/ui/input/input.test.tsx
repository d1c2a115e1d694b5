import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, it } from 'vitest';

import { Input } from './input';

function Field({ error }: { error?: string }) {
  const [value, setValue] = useState('');
  return <Input label="Shares" value={value} onChange={setValue} error={error} hint="Up to 46" inputMode="decimal" />;
}

it('is named by its label and takes what is typed', async () => {
  render(<Field />);
  await userEvent.type(screen.getByRole('textbox', { name: 'Shares' }), '10');
  expect(screen.getByRole('textbox')).toHaveValue('10');
});

it('brings the keyboard for decimals', () => {
  render(<Field />);
  expect(screen.getByRole('textbox')).toHaveAttribute('inputmode', 'decimal');
});

it('is described by its hint', () => {
  render(<Field />);
  expect(screen.getByRole('textbox')).toHaveAccessibleDescription('Up to 46');
});

it('is described by its error in place of the hint, and marked invalid', () => {
  render(<Field error="You have $980.12" />);
  expect(screen.getByRole('textbox')).toBeInvalid();
  expect(screen.getByRole('textbox')).toHaveAccessibleDescription('You have $980.12');
});
