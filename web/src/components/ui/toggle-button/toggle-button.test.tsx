import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';

import { ToggleButton } from './toggle-button';

it('tells whether it is on', () => {
  render(
    <ToggleButton isSelected onChange={() => undefined}>
      Candles
    </ToggleButton>,
  );
  expect(screen.getByRole('button', { name: 'Candles', pressed: true })).toBeInTheDocument();
});

it('asks for the other state when pressed', async () => {
  const onChange = vi.fn();
  render(
    <ToggleButton isSelected={false} onChange={onChange} label="Pause prices">
      ⏸
    </ToggleButton>,
  );
  await userEvent.click(screen.getByRole('button', { name: 'Pause prices' }));
  expect(onChange).toHaveBeenCalledWith(true);
});

it('keeps its state while disabled', async () => {
  const onChange = vi.fn();
  render(
    <ToggleButton isSelected={false} isDisabled onChange={onChange}>
      Table
    </ToggleButton>,
  );
  await userEvent.click(screen.getByRole('button'));
  expect(onChange).not.toHaveBeenCalled();
});
