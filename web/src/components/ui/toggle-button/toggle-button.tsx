import type { ReactNode } from 'react';
import { ToggleButton as AriaToggleButton } from 'react-aria-components';

import styles from './toggle-button.module.css';

interface ToggleButtonProps {
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  /** What assistive technology says, where the children show only an icon. */
  label?: string;
  isDisabled?: boolean;
  children: ReactNode;
}

/** A button that stays on until pressed again. */
export function ToggleButton({ isSelected, onChange, label, isDisabled = false, children }: ToggleButtonProps) {
  return (
    <AriaToggleButton
      className={styles.toggle ?? ''}
      isSelected={isSelected}
      onChange={onChange}
      isDisabled={isDisabled}
      {...(label === undefined ? {} : { 'aria-label': label })}
    >
      {children}
    </AriaToggleButton>
  );
}
