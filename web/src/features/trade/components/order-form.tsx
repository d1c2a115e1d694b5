import { useState, type SyntheticEvent } from 'react';

import { Button } from '@/components/ui/button/button';
import { Input } from '@/components/ui/input/input';
import { Notice } from '@/components/ui/notice/notice';
import { Segmented } from '@/components/ui/segmented/segmented';
import { Skeleton } from '@/components/ui/skeleton/skeleton';
import { plain } from '@/lib/decimal';
import { money, shares } from '@/lib/format';

import {
  estimate,
  fieldErrors,
  most,
  newClientOrderId,
  planned,
  type Draft,
  type FieldErrors,
  type PlannedOrder,
  type Terms,
} from '../order-draft';
import type { Refusal } from '../refusal';
import styles from './ticket.module.css';

const SIDES = [
  ['BUY', 'Buy'],
  ['SELL', 'Sell'],
] as const;
const TYPES = [
  ['MARKET', 'Market'],
  ['LIMIT', 'Limit'],
] as const;
const UNITS = [
  ['shares', 'Shares'],
  ['dollars', 'Dollars'],
] as const;
const TIMES = [
  ['DAY', 'Today'],
  ['GTC', 'Until cancelled'],
] as const;

interface OrderFormProps {
  terms: Terms | null;
  draft: Draft;
  onDraft: (draft: Draft) => void;
  refusal: Refusal | null;
  blocked: string | null;
  onReview: (order: PlannedOrder, seen: string) => void;
}

/** What to buy or sell, how much and at which price. */
export function OrderForm({ terms, draft, onDraft, refusal, blocked, onReview }: OrderFormProps) {
  const [tried, setTried] = useState(false);
  const [told, setTold] = useState(refusal);
  const errors = terms === null ? {} : shownErrors(draft, terms, tried, told);
  const set = (change: Partial<Draft>): void => {
    setTold(null);
    setTried(false);
    onDraft({ ...draft, ...change });
  };
  const submit = (event: SyntheticEvent): void => {
    event.preventDefault();
    if (terms === null || blocked !== null) return;
    setTried(true);
    setTold(null);
    const wrong = fieldErrors(draft, terms);
    if (wrong.amount !== undefined || wrong.price !== undefined) return;
    const plan = planned(draft, terms, newClientOrderId());
    if (plan !== null) onReview(plan.order, plan.seen);
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {told?.field === 'form' && (
        <Notice tone="danger" role="alert">
          {told.detail}
        </Notice>
      )}
      <Segmented
        label="Side"
        value={draft.side}
        options={SIDES}
        onChange={(side) => {
          set({ side });
        }}
      />
      <Segmented
        label="Order type"
        value={draft.type}
        options={TYPES}
        onChange={(type) => {
          set({ type, price: type === 'LIMIT' && draft.price === '' ? (terms?.last ?? '') : draft.price });
        }}
      />
      <AmountField terms={terms} draft={draft} error={errors.amount} onChange={set} />
      {draft.type === 'LIMIT' && (
        <>
          <Input
            label="Limit price"
            inputMode="decimal"
            prefix="$"
            value={draft.price}
            onChange={(price) => {
              set({ price });
            }}
            error={errors.price}
            hint={draft.side === 'BUY' ? 'The most to pay for a share' : 'The least to take for a share'}
          />
          <Segmented
            label="Good for"
            showLabel
            value={draft.timeInForce}
            options={TIMES}
            onChange={(timeInForce) => {
              set({ timeInForce });
            }}
          />
        </>
      )}
      <Totals terms={terms} draft={draft} />
      {blocked !== null && (
        <Notice icon="clock" id="blocked">
          {blocked}
        </Notice>
      )}
      <Button
        look="primary"
        wide
        type="submit"
        isDisabled={terms === null || blocked !== null}
        describedBy={blocked === null ? undefined : 'blocked'}
      >
        Review order
      </Button>
    </form>
  );
}

/** Errors show once review was tried; what the exchange refused shows until something is changed. */
function shownErrors(draft: Draft, terms: Terms, tried: boolean, told: Refusal | null): FieldErrors {
  if (told !== null && told.field !== 'form') return { [told.field]: told.detail };
  return tried ? fieldErrors(draft, terms) : {};
}

interface AmountFieldProps {
  terms: Terms | null;
  draft: Draft;
  error: string | undefined;
  onChange: (change: Partial<Draft>) => void;
}

function AmountField({ terms, draft, error, onChange }: AmountFieldProps) {
  const now = terms === null ? null : estimate(draft, terms);
  const top = terms === null ? null : most(draft, terms);
  const hint =
    draft.unit === 'dollars' && now !== null
      ? `About ${shares(now.quantity)}`
      : top === null
        ? '\u00a0'
        : draft.side === 'BUY'
          ? `Up to ${shares(top)}`
          : `You have ${shares(top)}`;
  return (
    <div className={styles.amount}>
      <Segmented
        label="Amount in"
        look="plain"
        value={draft.unit}
        options={UNITS}
        onChange={(unit) => {
          onChange({ unit, amount: '' });
        }}
      />
      <Input
        label={draft.unit === 'shares' ? 'Shares' : 'Dollars'}
        hideLabel
        look="large"
        inputMode="decimal"
        placeholder="0"
        value={draft.amount}
        onChange={(amount) => {
          onChange({ amount });
        }}
        error={error}
        hint={hint}
        {...(draft.unit === 'dollars' ? { prefix: '$' } : {})}
        suffix={
          <Button
            look="quiet"
            isDisabled={top === null || draft.unit === 'dollars' || top.eq('0')}
            label={draft.side === 'BUY' ? 'Max, as many as I can afford' : 'Max, all I have'}
            onPress={() => {
              if (top !== null) onChange({ amount: plain(top) });
            }}
          >
            Max
          </Button>
        }
      />
    </div>
  );
}

function Totals({ terms, draft }: { terms: Terms | null; draft: Draft }) {
  const now = terms === null ? null : estimate(draft, terms);
  const pending = <Skeleton width="9ch" />;
  return (
    <dl className={styles.totals}>
      <div>
        <dt>{draft.side === 'BUY' ? 'Estimated cost' : 'Estimated proceeds'}</dt>
        <dd>{terms === null ? pending : money(now === null ? '0' : now.cost)}</dd>
      </div>
      <div>
        <dt>Buying power</dt>
        <dd>{terms === null ? pending : money(terms.buyingPower)}</dd>
      </div>
    </dl>
  );
}
