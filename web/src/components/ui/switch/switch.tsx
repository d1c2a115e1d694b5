import { SwitchButton, SwitchField } from 'react-aria-components';

import styles from './switch.module.css';

interface SwitchProps {
  label: string;
  hint?: string;
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
}

/** A setting that is on or off at once. */
export function Switch({ label, hint, isSelected, onChange }: SwitchProps) {
  return (
    <SwitchField isSelected={isSelected} onChange={onChange}>
      <SwitchButton className={styles.switch ?? ''}>
        <span className={styles.words}>
          <span>{label}</span>
          {hint !== undefined && <span className={styles.hint}>{hint}</span>}
        </span>
        <span className={styles.track} aria-hidden="true">
          <span className={styles.knob} />
        </span>
      </SwitchButton>
    </SwitchField>
  );
}
