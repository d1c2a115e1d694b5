import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, it, vi } from 'vitest';

import { Modal } from './modal';

const view = (onClose: () => void, isDismissable = true) => (
  <Modal title="Buy AAPL" isOpen onClose={onClose} isDismissable={isDismissable}>
    <p>10 shares</p>
  </Modal>
);

it('is a dialog named by its title', () => {
  render(view(() => undefined));
  expect(screen.getByRole('dialog', { name: 'Buy AAPL' })).toBeInTheDocument();
});

it('takes the focus when it opens', () => {
  render(view(() => undefined));
  expect(screen.getByRole('dialog')).toContainElement(document.activeElement as HTMLElement);
});

it('closes by its button', async () => {
  const onClose = vi.fn();
  render(view(onClose));
  await userEvent.click(screen.getByRole('button', { name: 'Close' }));
  expect(onClose).toHaveBeenCalledOnce();
});

it('closes by Escape', async () => {
  const onClose = vi.fn();
  render(view(onClose));
  await userEvent.keyboard('{Escape}');
  expect(onClose).toHaveBeenCalledOnce();
});

it('stays open by Escape while something is on its way', async () => {
  const onClose = vi.fn();
  render(view(onClose, false));
  await userEvent.keyboard('{Escape}');
  expect(onClose).not.toHaveBeenCalled();
});

it('shows nothing while closed', () => {
  render(
    <Modal title="Buy AAPL" isOpen={false} onClose={() => undefined}>
      <p>10 shares</p>
    </Modal>,
  );
  expect(screen.queryByRole('dialog')).not.toBeInTheDocument();
});
