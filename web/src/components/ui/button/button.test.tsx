import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';

import { Button } from './button';

it('calls onPress when pressed', async () => {
  const onPress = vi.fn();
  render(<Button onPress={onPress}>Buy</Button>);
  await userEvent.click(screen.getByRole('button', { name: 'Buy' }));
  expect(onPress).toHaveBeenCalledOnce();
});

it('can be pressed from the keyboard', async () => {
  const onPress = vi.fn();
  render(<Button onPress={onPress}>Buy</Button>);
  await userEvent.tab();
  await userEvent.keyboard('{Enter}');
  expect(onPress).toHaveBeenCalledOnce();
});

it('does nothing while disabled', async () => {
  const onPress = vi.fn();
  render(
    <Button isDisabled onPress={onPress}>
      Buy
    </Button>,
  );
  await userEvent.click(screen.getByRole('button'));
  expect(onPress).not.toHaveBeenCalled();
});

it('does nothing a second time while the first is on its way, and keeps its label', async () => {
  const onPress = vi.fn();
  render(
    <Button isPending onPress={onPress}>
      Buy 10 AAPL
    </Button>,
  );
  const button = screen.getByRole('button', { name: 'Buy 10 AAPL' });
  await userEvent.click(button);
  expect(onPress).not.toHaveBeenCalled();
  expect(button).toHaveAttribute('aria-disabled', 'true');
  expect(button).toHaveFocus();
});

it('is named by its label where it shows only an icon', () => {
  render(
    <Button icon label="Close">
      ×
    </Button>,
  );
  expect(screen.getByRole('button', { name: 'Close' })).toBeInTheDocument();
});

it('submits its form once, not while the first is on its way', async () => {
  const onSubmit = vi.fn((event: { preventDefault: () => void }) => event.preventDefault());
  const form = (isPending: boolean) => (
    <form onSubmit={onSubmit}>
      <Button type="submit" isPending={isPending}>
        Review order
      </Button>
    </form>
  );
  const { rerender } = render(form(false));
  await userEvent.click(screen.getByRole('button'));
  rerender(form(true));
  await userEvent.click(screen.getByRole('button'));
  expect(onSubmit).toHaveBeenCalledOnce();
});
