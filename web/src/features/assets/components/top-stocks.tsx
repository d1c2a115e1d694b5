import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { AssetRowSkeleton } from '@/components/ui/asset-row/asset-row';
import { Error } from '@/components/ui/error/error';
import { Heading } from '@/components/ui/heading/heading';
import { List } from '@/components/ui/list/list';
import { Pager } from '@/components/ui/pager/pager';

import { topAssetsQuery } from '../api/get-top-assets';
import { QuotedRow } from './quoted-row';

interface TopStocksProps {
  /** Rows to a page. */
  limit?: number;
}

/** The largest companies, a page at a time. */
export function TopStocks({ limit = 5 }: TopStocksProps) {
  const [offset, setOffset] = useState(0);
  const page = useQuery(topAssetsQuery(limit, offset));
  return (
    <section aria-labelledby="top-stocks">
      <Heading level={2} id="top-stocks">
        Top stocks
      </Heading>
      {page.isError && page.data === undefined ? (
        <Error
          title="The top stocks could not be loaded"
          error={page.error}
          onRetry={() => void page.refetch()}
          isRetrying={page.isFetching}
        />
      ) : (
        <List
          label="Top stocks by market value"
          items={page.data?.data}
          keyOf={(asset) => asset.symbol}
          row={(asset) => <QuotedRow asset={asset} />}
          pendingRow={<AssetRowSkeleton />}
          pendingRows={limit}
        />
      )}
      <Pager of="top stocks" total={page.data?.meta.total} offset={offset} limit={limit} onChange={setOffset} />
    </section>
  );
}
