import { AssetRow } from '@/components/ui/asset-row/asset-row';
import { Change } from '@/components/ui/change/change';
import { Price } from '@/components/ui/price/price';
import type { Asset } from '@/lib/api/types';
import { useTick } from '@/lib/stream/use-market';

/** An asset with its live price and the day's change. */
export function QuotedRow({ asset }: { asset: Asset }) {
  const tick = useTick(asset.symbol);
  return (
    <AssetRow
      symbol={asset.symbol}
      title={asset.name}
      detail={asset.feed === null ? asset.symbol : `${asset.symbol} · Prices only`}
      value={<Price value={tick?.price ?? asset.price} />}
      change={<Change percent={tick?.changePercent ?? asset.changePercent} size="small" />}
    />
  );
}
