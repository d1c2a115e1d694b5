import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useState } from 'react';

import { Button } from '@/components/ui/button/button';
import { Heading } from '@/components/ui/heading/heading';
import { Modal } from '@/components/ui/modal/modal';
import { assetQuery } from '@/features/assets/api/get-asset';
import { clockQuery } from '@/features/assets/api/get-clock';
import { closedWord } from '@/features/assets/closed-word';
import { CancelButton } from '@/features/orders/components/cancel-button';
import { portfolioQuery } from '@/features/portfolio/api/get-portfolio';
import type { Draft, Terms } from '@/features/trade/order-draft';
import { useFreshness } from '@/lib/stream/use-connection';
import { useQuote, useTick } from '@/lib/stream/use-market';
import { useWide } from '@/lib/use-wide';

import styles from './stock-ticket.module.css';

const loadTicket = () => import('@/features/trade/components/ticket');
const Ticket = lazy(() => loadTicket().then((module) => ({ default: module.Ticket })));

const route = getRouteApi('/signed-in/stocks/$symbol');
const EMPTY: Draft = { side: 'BUY', type: 'MARKET', unit: 'shares', amount: '', price: '', timeInForce: 'DAY' };

/** The ticket beside the chart; on a phone two buttons over the tab bar and the ticket in a sheet. */
export function StockTicket({ symbol }: { symbol: string }) {
  const wide = useWide();
  const [draft, setDraft] = useState(EMPTY);
  return wide ? (
    <section className={styles.beside} aria-labelledby="ticket">
      <Heading level={2} id="ticket">
        Trade {symbol}
      </Heading>
      <LiveTicket
        symbol={symbol}
        draft={draft}
        onDraft={setDraft}
        onBusy={nothing}
        onDone={() => {
          setDraft(EMPTY);
        }}
      />
    </section>
  ) : (
    <SheetTicket symbol={symbol} draft={draft} onDraft={setDraft} />
  );
}

const nothing = (): void => undefined;

interface DraftProps {
  symbol: string;
  draft: Draft;
  onDraft: (draft: Draft) => void;
}

function SheetTicket({ symbol, draft, onDraft }: DraftProps) {
  const { ticket } = route.useSearch();
  const navigate = route.useNavigate();
  const [busy, setBusy] = useState(false);
  // The sheet opens without a wait: its code is fetched when the page is idle.
  useEffect(() => void loadTicket(), []);
  const open = (side: 'buy' | 'sell'): void => {
    onDraft({ ...EMPTY, side: side === 'buy' ? 'BUY' : 'SELL' });
    // In the address, so that Back closes the sheet.
    void navigate({ search: (now) => ({ ...now, ticket: side }), resetScroll: false });
  };
  const close = (): void => {
    void navigate({ search: ({ ticket: _, ...now }) => now, replace: true, resetScroll: false });
  };
  return (
    <>
      <div className={styles.room} />
      <div className={styles.bar}>
        <Button
          look="primary"
          wide
          onPress={() => {
            open('buy');
          }}
        >
          Buy
        </Button>
        <Button
          wide
          onPress={() => {
            open('sell');
          }}
        >
          Sell
        </Button>
      </div>
      <Modal title={`Trade ${symbol}`} isOpen={ticket !== undefined} onClose={close} isDismissable={!busy}>
        <LiveTicket symbol={symbol} draft={draft} onDraft={onDraft} onBusy={setBusy} onDone={close} />
      </Modal>
    </>
  );
}

interface LiveTicketProps extends DraftProps {
  onBusy: (busy: boolean) => void;
  onDone: () => void;
}

function LiveTicket({ symbol, draft, onDraft, onBusy, onDone }: LiveTicketProps) {
  return (
    <Suspense fallback={<div className={styles.pending} />}>
      <Ticket
        terms={useTerms(symbol)}
        draft={draft}
        onDraft={onDraft}
        blocked={useBlocked(symbol)}
        onBusy={onBusy}
        onDone={onDone}
        actions={(order) => <CancelButton order={order} wide />}
      />
    </Suspense>
  );
}

/** What the market and the account allow now, as live as it gets. */
function useTerms(symbol: string): Terms | null {
  const { data: asset } = useQuery(assetQuery(symbol));
  const { data: portfolio } = useQuery(portfolioQuery);
  const tick = useTick(symbol);
  const quote = useQuote(symbol);
  if (asset === undefined || portfolio === undefined) return null;
  const holding = portfolio.holdings.find((candidate) => candidate.symbol === symbol);
  return {
    symbol,
    tickSize: asset.tickSize,
    lotSize: asset.lotSize,
    bid: quote === undefined ? asset.bid : quote.bid,
    ask: quote === undefined ? asset.ask : quote.ask,
    last: tick?.price ?? asset.price,
    buyingPower: portfolio.buyingPower,
    availableShares: holding?.availableQuantity ?? '0',
  };
}

/** Why no order can be sent now, in a sentence; null when one can. */
function useBlocked(symbol: string): string | null {
  const { stale, state } = useFreshness();
  const { data: clock } = useQuery(clockQuery);
  const { data: asset } = useQuery(assetQuery(symbol));
  const quote = useQuote(symbol);
  if (state === 'offline') return 'You are offline. Orders are sent only with a live connection, never later.';
  if (stale) return 'Waiting for live prices. Orders are sent only with a live connection, never later.';
  const status = quote?.status ?? asset?.status;
  if (status === 'SUSPENDED') return `Trading in ${symbol} is halted.`;
  return closedWord(clock, status);
}
