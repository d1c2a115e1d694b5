import type { ReactNode } from 'react';
import { Button as AriaButton } from 'react-aria-components';

import styles from './button.module.css';

interface ButtonProps {
  /** `primary` is the one action of a screen. */
  look?: 'primary' | 'secondary' | 'quiet' | 'danger';
  /** Fill the line. */
  wide?: boolean;
  /** A round target for one icon; give it a `label`. */
  icon?: boolean;
  /** What assistive technology says, where the children do not say it. */
  label?: string;
  isDisabled?: boolean;
  /** The action is on its way: presses do nothing, the label stays, progress is shown. */
  isPending?: boolean;
  describedBy?: string | undefined;
  onPress?: () => void;
  type?: 'button' | 'submit';
  children: ReactNode;
}

/** A button of at least 44 px. */
export function Button({
  look = 'secondary',
  wide = false,
  icon = false,
  label,
  isDisabled = false,
  isPending = false,
  describedBy,
  onPress,
  type = 'button',
  children,
}: ButtonProps) {
  const names = [styles.button, styles[look], wide && styles.wide, icon && styles.icon];
  return (
    <AriaButton
      className={names.filter(Boolean).join(' ')}
      isDisabled={isDisabled}
      // It keeps the focus while pending, and says so itself: the library's announcer would leave words behind
      // that point to a button long gone.
      type={isPending ? 'button' : type}
      render={(props) => <button {...props} aria-disabled={isPending ? true : undefined} aria-busy={isPending} />}
      {...(label === undefined ? {} : { 'aria-label': label })}
      {...(describedBy === undefined ? {} : { 'aria-describedby': describedBy })}
      {...(onPress === undefined || isPending ? {} : { onPress })}
    >
      {isPending && <span className={styles.spinner} aria-hidden="true" />}
      {children}
    </AriaButton>
  );
}
