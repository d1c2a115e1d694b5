import type { ReactNode, Ref } from 'react';
import { FieldError, Input as AriaInput, Label, Text, TextField } from 'react-aria-components';

import styles from './input.module.css';

interface InputProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** What is wrong with the value: shown beside the field and announced with it. */
  error?: string | undefined;
  /** What helps to fill it in. */
  hint?: ReactNode;
  /** `decimal` brings the number pad with a point. */
  inputMode?: 'text' | 'decimal' | 'numeric' | 'search';
  placeholder?: string;
  /** Shown before and after the value, inside the field. */
  prefix?: ReactNode;
  suffix?: ReactNode;
  /** `large` is for the one number a screen asks for. */
  look?: 'field' | 'large';
  isDisabled?: boolean;
  hideLabel?: boolean;
  inputRef?: Ref<HTMLInputElement>;
}

/** One line of text with its label, hint and error. */
export function Input({
  label,
  value,
  onChange,
  error,
  hint,
  inputMode = 'text',
  placeholder,
  prefix,
  suffix,
  look = 'field',
  isDisabled = false,
  hideLabel = false,
  inputRef,
}: InputProps) {
  return (
    <TextField
      className={`${styles.input ?? ''} ${styles[look] ?? ''}`}
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      isDisabled={isDisabled}
    >
      <Label className={hideLabel ? 'visually-hidden' : (styles.label ?? '')}>{label}</Label>
      <span className={styles.box}>
        {prefix !== undefined && <span className={styles.affix}>{prefix}</span>}
        <AriaInput
          className={styles.control ?? ''}
          inputMode={inputMode}
          autoComplete="off"
          {...(placeholder === undefined ? {} : { placeholder })}
          {...(inputRef === undefined ? {} : { ref: inputRef })}
        />
        {suffix !== undefined && <span className={styles.affix}>{suffix}</span>}
      </span>
      {hint !== undefined && error === undefined && (
        <Text slot="description" className={styles.hint ?? ''}>
          {hint}
        </Text>
      )}
      <FieldError className={styles.problem ?? ''}>{error}</FieldError>
    </TextField>
  );
}
