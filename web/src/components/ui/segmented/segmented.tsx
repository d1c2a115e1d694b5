import { Label, RadioButton, RadioField, RadioGroup } from 'react-aria-components';

import styles from './segmented.module.css';

interface SegmentedProps<Value extends string> {
  label: string;
  value: Value;
  options: readonly (readonly [Value, string])[];
  onChange: (value: Value) => void;
  /** `track` is a filled bar; `plain` is words in a row, for ranges over a chart. */
  look?: 'track' | 'plain';
  showLabel?: boolean;
  isDisabled?: boolean;
}

/** A choice of one among a few, as a group of radio buttons in a row. */
export function Segmented<Value extends string>({
  label,
  value,
  options,
  onChange,
  look = 'track',
  showLabel = false,
  isDisabled = false,
}: SegmentedProps<Value>) {
  return (
    <RadioGroup
      className={styles.group ?? ''}
      value={value}
      orientation="horizontal"
      isDisabled={isDisabled}
      onChange={(chosen) => {
        onChange(chosen as Value);
      }}
    >
      <Label className={showLabel ? (styles.label ?? '') : 'visually-hidden'}>{label}</Label>
      <div className={styles[look]}>
        {options.map(([option, text]) => (
          <RadioField key={option} value={option} className={styles.field ?? ''}>
            <RadioButton className={styles.option ?? ''}>{text}</RadioButton>
          </RadioField>
        ))}
      </div>
    </RadioGroup>
  );
}
