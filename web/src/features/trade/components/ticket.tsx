import { useEffect, type ReactNode } from 'react';

import type { Order } from '@/lib/api/types';
import { refreshAccount } from '@/lib/query-client';

import type { Draft, Terms } from '../order-draft';
import { useTicket } from '../use-ticket';
import { Checking, Lost } from './checking';
import { OrderForm } from './order-form';
import { Receipt } from './receipt';
import { Review } from './review';

interface TicketProps {
  /** Null while the price or the account is still on its way. */
  terms: Terms | null;
  draft: Draft;
  onDraft: (draft: Draft) => void;
  /** Why nothing can be sent now: offline, halted, closed. */
  blocked: string | null;
  /** Something is on its way: the sheet must not be closed over it. */
  onBusy: (busy: boolean) => void;
  onDone: () => void;
  /** What can be done with an order that works: cancel it. */
  actions: (order: Order) => ReactNode;
}

/** The order ticket: edit, review, and what became of it. */
export function Ticket({ terms, draft, onDraft, blocked, onBusy, onDone, actions }: TicketProps) {
  const ticket = useTicket();
  const { stage } = ticket;
  const busy = stage.name === 'sending' || stage.name === 'checking';
  useEffect(() => {
    onBusy(busy);
  }, [busy, onBusy]);
  useEffect(refreshAccount, []);

  switch (stage.name) {
    case 'edit':
      return (
        <OrderForm
          terms={terms}
          draft={draft}
          onDraft={onDraft}
          refusal={stage.refusal}
          blocked={blocked}
          onReview={ticket.review}
        />
      );
    case 'review':
    case 'sending':
      return (
        <Review
          order={stage.order}
          seen={stage.seen}
          terms={terms}
          trouble={stage.name === 'review' ? stage.trouble : null}
          isSending={stage.name === 'sending'}
          blocked={blocked}
          onEdit={ticket.edit}
          onAccept={ticket.accept}
          onSend={ticket.send}
        />
      );
    case 'checking':
      return <Checking order={stage.order} />;
    case 'lost':
      return <Lost order={stage.order} onAgain={ticket.send} onEdit={ticket.edit} />;
    case 'receipt':
      return (
        <Receipt
          placed={stage.placed}
          actions={actions}
          onDone={() => {
            ticket.edit();
            onDone();
          }}
        />
      );
  }
}
