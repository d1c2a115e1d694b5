import { getRouteApi } from '@tanstack/react-router';

import { PageHeading } from '@/components/layouts/page-heading';
import { Panel } from '@/components/layouts/panel';
import { Narrow } from '@/components/layouts/narrow';
import { AssetSearch } from '@/features/assets/components/asset-search';
import { TopStocks } from '@/features/assets/components/top-stocks';

const route = getRouteApi('/signed-in/search');
const ROWS = 8;

export function SearchRoute() {
  const { q = '' } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Narrow>
      <PageHeading title="Search">Search</PageHeading>
      <Panel>
        <AssetSearch
          text={q}
          onChange={(text) => void navigate({ search: text === '' ? {} : { q: text }, replace: true })}
          onSubmit={(symbol) => void navigate({ to: '/stocks/$symbol', params: { symbol } })}
          before={<TopStocks limit={ROWS} />}
        />
      </Panel>
    </Narrow>
  );
}
