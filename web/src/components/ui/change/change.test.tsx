import { render } from '@testing-library/react';
import { expect, it } from 'vitest';

import { Change } from './change';

it('says a gain by sign and arrow, not by colour alone', () => {
  const { container } = render(<Change amount="2.31" percent="1.10" />);
  expect(container).toHaveTextContent('+$2.31(+1.10%)');
  expect(container.querySelector('svg')).not.toBeNull();
});

it('says a loss with a true minus', () => {
  const { container } = render(<Change amount="-2.31" />);
  expect(container).toHaveTextContent('\u2212$2.31');
});

it('is neutral at zero: no arrow, no sign', () => {
  const { container } = render(<Change amount="0.00" percent="0.00" />);
  expect(container).toHaveTextContent('$0.00(0.00%)');
  expect(container.querySelector('svg')).toBeNull();
});
