import { render, screen } from '@testing-library/react';
import { expect, it } from 'vitest';

import { Typography } from './typography';

it('is a paragraph unless told otherwise', () => {
  render(<Typography>You have $980.12</Typography>);
  expect(screen.getByText('You have $980.12').tagName).toBe('P');
});

it('takes another tag where the text is part of a line', () => {
  render(<Typography as="span">10 shares</Typography>);
  expect(screen.getByText('10 shares').tagName).toBe('SPAN');
});

it('says its tone, size and weight by classes only', () => {
  render(
    <Typography tone="danger" size="small" strong>
      Not enough cash
    </Typography>,
  );
  const text = screen.getByText('Not enough cash');
  expect(text.className.split(' ')).toHaveLength(3);
  expect(text).not.toHaveAttribute('style');
});
