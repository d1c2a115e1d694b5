import type { ReactNode } from 'react';
import { Button, Input, Label, SearchField as AriaSearchField } from 'react-aria-components';

import { Icon } from '@/components/ui/icon/icon';

import styles from './search-field.module.css';

interface SearchFieldProps {
  label: string;
  placeholder: string;
  value: string;
  onChange: (value: string) => void;
  onSubmit: (value: string) => void;
  icon: ReactNode;
}

/** One line to search by; Escape or the cross clears it. */
export function SearchField({ label, placeholder, value, onChange, onSubmit, icon }: SearchFieldProps) {
  return (
    <AriaSearchField className={styles.field ?? ''} value={value} onChange={onChange} onSubmit={onSubmit}>
      <Label className="visually-hidden">{label}</Label>
      <span className={styles.icon}>{icon}</span>
      <Input className={styles.control ?? ''} placeholder={placeholder} autoComplete="off" spellCheck="false" />
      {value !== '' && (
        <Button className={styles.clear ?? ''} aria-label="Clear">
          <Icon name="close" size={18} />
        </Button>
      )}
    </AriaSearchField>
  );
}
