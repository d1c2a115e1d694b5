import { Button } from '@/components/ui/button/button';
import { Icon } from '@/components/ui/icon/icon';
import { Typography } from '@/components/ui/typography/typography';

import styles from './pager.module.css';

interface PagerProps {
  /** What is paged, for assistive technology: "top stocks". */
  of: string;
  total: number | undefined;
  offset: number;
  limit: number;
  onChange: (offset: number) => void;
}

/** First, previous, next and last page of a list whose size is known. */
export function Pager({ of, total, offset, limit, onChange }: PagerProps) {
  const last = total === undefined ? 0 : Math.max(0, Math.floor((total - 1) / limit) * limit);
  const end = total === undefined ? 0 : Math.min(offset + limit, total);
  const atStart = offset === 0;
  const atEnd = total === undefined || offset >= last;
  const step = (to: number) => () => {
    onChange(to);
  };
  return (
    <nav className={styles.pager} aria-label={`Pages of ${of}`}>
      <Button look="quiet" icon label={`First ${of}`} isDisabled={atStart} onPress={step(0)}>
        <Icon name="first" size={20} />
      </Button>
      <Button
        look="quiet"
        icon
        label={`Previous ${of}`}
        isDisabled={atStart}
        onPress={step(Math.max(0, offset - limit))}
      >
        <Icon name="back" size={20} />
      </Button>
      <Typography as="span" size="small" tone="quiet">
        {total === undefined ? '\u00a0' : `${offset + 1}\u2013${end} of ${total}`}
      </Typography>
      <Button look="quiet" icon label={`Next ${of}`} isDisabled={atEnd} onPress={step(offset + limit)}>
        <Icon name="forward" size={20} />
      </Button>
      <Button look="quiet" icon label={`Last ${of}`} isDisabled={atEnd} onPress={step(last)}>
        <Icon name="last" size={20} />
      </Button>
    </nav>
  );
}
