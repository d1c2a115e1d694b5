import { useQuery } from '@tanstack/react-query';

import { Notice } from '@/components/ui/notice/notice';
import { useQuote } from '@/lib/stream/use-market';

import { assetQuery } from '../api/get-asset';

/** Says at once that trading in a company is halted; nothing while it is not. */
export function HaltNotice({ symbol }: { symbol: string }) {
  const { data } = useQuery(assetQuery(symbol));
  const quote = useQuote(symbol);
  if ((quote?.status ?? data?.status) !== 'SUSPENDED') return null;
  return <Notice role="alert">Trading in {symbol} is halted. Open orders can be cancelled.</Notice>;
}
