import { Notice } from '@/components/ui/notice/notice';

/** Says that a symbol is here to be watched: its prices come from elsewhere, and nothing trades here. */
export function PricesOnly({ symbol, feed }: { symbol: string; feed: string }) {
  return (
    <Notice>
      <strong>{symbol} can’t be traded here.</strong> Its prices come from elsewhere (the feed “{feed}”). You can watch
      them, and no order is taken.
    </Notice>
  );
}
