import { useEffect, useRef, useState, type SyntheticEvent } from 'react';

import { Button } from '@/components/ui/button/button';
import { Input } from '@/components/ui/input/input';
import { Notice } from '@/components/ui/notice/notice';
import { isProblem, reasonOf } from '@/lib/api/problem';
import type { Order } from '@/lib/api/types';
import { decimal, parseDecimal, plain } from '@/lib/decimal';
import { shares } from '@/lib/format';

import { useModifyOrder } from '../api/modify-order';
import styles from './order-row.module.css';

interface ModifyFormProps {
  order: Order;
  onClose: () => void;
}

/** Change an order's total quantity and limit where it stands; of one in a group the limit alone. */
export function ModifyForm({ order, onClose }: ModifyFormProps) {
  const [quantity, setQuantity] = useState(order.quantity);
  const [price, setPrice] = useState(order.price ?? '');
  const [wrong, setWrong] = useState<{ quantity?: string; price?: string }>({});
  const modify = useModifyOrder(onClose);
  const first = useRef<HTMLInputElement>(null);
  const alone = order.groupId === null;
  useEffect(() => first.current?.focus(), []);
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    const total = parseDecimal(quantity);
    const limit = parseDecimal(price);
    const errors: typeof wrong = {};
    if (!total?.gt('0')) errors.quantity = 'Enter a number of shares.';
    if (!limit?.gt('0')) errors.price = 'Enter a price like 213.45.';
    setWrong(errors);
    if (!total || !limit || errors.quantity !== undefined || errors.price !== undefined) return;
    modify.mutate({ order, price: plain(limit), ...(alone ? { quantity: plain(total) } : {}) });
  };
  const filled = decimal(order.filledQuantity).gt('0');
  return (
    <form className={styles.modify} onSubmit={submit} noValidate>
      {alone && (
        <Input
          label="Shares in total"
          inputMode="decimal"
          value={quantity}
          onChange={setQuantity}
          error={wrong.quantity}
          inputRef={first}
          {...(filled ? { hint: `${shares(order.filledQuantity)} filled already` } : {})}
        />
      )}
      <Input
        label="Limit price"
        inputMode="decimal"
        prefix="$"
        value={price}
        onChange={setPrice}
        error={wrong.price}
        {...(alone ? {} : { inputRef: first })}
      />
      {modify.isError && (
        <Notice tone="danger" role="alert">
          {isProblem(modify.error, 'FILLED_SINCE')
            ? 'More of it filled meanwhile. Look again.'
            : reasonOf(modify.error)}
        </Notice>
      )}
      <div className={styles.ways}>
        <Button look="primary" type="submit" isPending={modify.isPending}>
          Save changes
        </Button>
        <Button look="quiet" isDisabled={modify.isPending} onPress={onClose}>
          Keep as it is
        </Button>
      </div>
    </form>
  );
}
