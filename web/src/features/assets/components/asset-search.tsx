import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useDeferredValue, type ReactNode } from 'react';

import { AssetRowSkeleton } from '@/components/ui/asset-row/asset-row';
import { Error } from '@/components/ui/error/error';
import { Heading } from '@/components/ui/heading/heading';
import { Icon } from '@/components/ui/icon/icon';
import { List } from '@/components/ui/list/list';
import { SearchField } from '@/components/ui/search-field/search-field';
import { Typography } from '@/components/ui/typography/typography';

import { searchAssetsQuery } from '../api/search-assets';
import styles from './asset-search.module.css';
import { QuotedRow } from './quoted-row';

interface AssetSearchProps {
  text: string;
  onChange: (text: string) => void;
  /** Open the best match. */
  onSubmit: (symbol: string) => void;
  /** Shown before anything is typed. */
  before: ReactNode;
}

/** Companies by ticker or name as one types; Enter opens the best match. */
export function AssetSearch({ text, onChange, onSubmit, before }: AssetSearchProps) {
  const wanted = useDeferredValue(text.trim());
  const found = useQuery({ ...searchAssetsQuery(wanted), enabled: wanted !== '' });
  const client = useQueryClient();
  const best = useMutation({ mutationFn: (typed: string) => client.query(searchAssetsQuery(typed)) });
  // What Enter asked for opens when it is found, unless one types on or leaves meanwhile.
  const openBest = (typed: string) => {
    if (typed === '') return;
    best.mutate(typed, {
      onSuccess: ({ data: [first] }) => {
        if (first !== undefined) onSubmit(first.symbol);
      },
    });
  };
  return (
    <>
      <SearchField
        label="Search companies"
        placeholder="Company or ticker"
        value={text}
        onChange={(typed) => {
          best.reset();
          onChange(typed);
        }}
        onSubmit={(typed) => {
          openBest(typed.trim());
        }}
        icon={<Icon name="search" size={20} />}
      />
      <p className="visually-hidden" role="status">
        {wanted !== '' && found.data !== undefined ? `${found.data.meta.total} found` : ''}
      </p>
      {wanted === '' ? (
        before
      ) : found.isError && found.data === undefined ? (
        <Error title="The search did not work" error={found.error} onRetry={() => void found.refetch()} />
      ) : (
        <section aria-labelledby="found" className={styles.found}>
          <span className="visually-hidden">
            <Heading level={2} id="found">
              Results
            </Heading>
          </span>
          <List
            label="Companies found"
            items={found.data?.data}
            keyOf={(asset) => asset.symbol}
            row={(asset) => <QuotedRow asset={asset} />}
            pendingRow={<AssetRowSkeleton />}
            pendingRows={3}
            empty={
              <div className={styles.empty}>
                <Typography strong>Nothing is called “{wanted}”</Typography>
                <Typography tone="quiet">Try a ticker, like NVDA, or a part of a name, like “bank”.</Typography>
              </div>
            }
          />
        </section>
      )}
    </>
  );
}
