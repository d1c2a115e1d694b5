import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';

import { BackLink } from '@/components/layouts/back-link';
import { Narrow } from '@/components/layouts/narrow';
import { Panel } from '@/components/layouts/panel';
import { TwoColumns } from '@/components/layouts/two-columns';
import { Error } from '@/components/ui/error/error';
import { assetQuery } from '@/features/assets/api/get-asset';
import { AssetFacts } from '@/features/assets/components/asset-facts';
import { AssetHeading } from '@/features/assets/components/asset-heading';
import { AssetPrice } from '@/features/assets/components/asset-price';
import { BestQuotes } from '@/features/assets/components/best-quotes';
import { HaltNotice } from '@/features/assets/components/halt-notice';
import { OrderBook } from '@/features/assets/components/order-book';
import { PricesOnly } from '@/features/assets/components/prices-only';
import { RecentTrades } from '@/features/assets/components/recent-trades';
import { historyQuery } from '@/features/chart/api/get-history';
import { PriceChart } from '@/features/chart/components/price-chart';
import { barsOf, baseOf, changeFrom, type Point } from '@/features/chart/points';
import { RANGES, type RangeName } from '@/features/chart/ranges';
import { OpenOrders } from '@/features/orders/components/open-orders';
import { Position } from '@/features/portfolio/components/position';
import { isProblem } from '@/lib/api/problem';
import { useTick } from '@/lib/stream/use-market';
import { useWide } from '@/lib/use-wide';

import { StockTicket } from './stock-ticket';

const route = getRouteApi('/signed-in/stocks/$symbol');

export function StockRoute() {
  const { symbol } = route.useParams();
  // A new company is a new page: nothing of the last one's cursor or draft stays.
  return <Stock key={symbol} symbol={symbol} />;
}

function Stock({ symbol }: { symbol: string }) {
  const asset = useQuery(assetQuery(symbol));
  const wide = useWide();
  if (asset.isError && asset.data === undefined) {
    const unknown = isProblem(asset.error, 'UNKNOWN_SYMBOL');
    return (
      <Narrow>
        <BackLink />
        <AssetHeading symbol={symbol} />
        <Error
          title={unknown ? `There is no ${symbol} here` : `${symbol} could not be loaded`}
          error={asset.error}
          onRetry={unknown ? undefined : () => void asset.refetch()}
        />
      </Narrow>
    );
  }
  const feed = asset.data?.feed;
  if (feed != null) return <FedStock symbol={symbol} feed={feed} previousClose={asset.data?.previousClose} />;
  const book = (
    <Panel>
      <OrderBook symbol={symbol} />
    </Panel>
  );
  return (
    <TwoColumns
      main={
        <>
          <BackLink />
          <AssetHeading symbol={symbol} />
          <HaltNotice symbol={symbol} />
          <PriceAndChart symbol={symbol} previousClose={asset.data?.previousClose} />
          <BestQuotes symbol={symbol} />
          <Panel>
            <Position symbol={symbol} />
          </Panel>
          <Panel>
            <OpenOrders symbol={symbol} />
          </Panel>
          {!wide && book}
          <Panel>
            <RecentTrades symbol={symbol} />
          </Panel>
          <Panel>
            <AssetFacts symbol={symbol} />
          </Panel>
        </>
      }
      side={
        <>
          {/* On a phone its buttons come when it is known that they do something. */}
          {(wide || asset.data !== undefined) && (
            <Panel>
              <StockTicket symbol={symbol} />
            </Panel>
          )}
          {wide && book}
        </>
      }
    />
  );
}

/** A symbol whose prices come from elsewhere: all there is to see, and nothing to press for an order. */
function FedStock({
  symbol,
  feed,
  previousClose,
}: {
  symbol: string;
  feed: string;
  previousClose: string | undefined;
}) {
  const about = (
    <>
      <Panel>
        <RecentTrades symbol={symbol} />
      </Panel>
      <Panel>
        <AssetFacts symbol={symbol} />
      </Panel>
    </>
  );
  return (
    <TwoColumns
      main={
        <>
          <BackLink />
          <AssetHeading symbol={symbol} />
          <PricesOnly symbol={symbol} feed={feed} />
          <PriceAndChart symbol={symbol} previousClose={previousClose} />
          <BestQuotes symbol={symbol} />
        </>
      }
      side={about}
    />
  );
}

/** The price and the chart share the data cursor and the range. */
function PriceAndChart({ symbol, previousClose }: { symbol: string; previousClose: string | undefined }) {
  const { range = '1D', view = 'line' } = route.useSearch();
  const navigate = route.useNavigate();
  const [point, setPoint] = useState<Point | null>(null);
  return (
    <>
      <AssetPrice symbol={symbol} range={useRangeChange(symbol, range)} scrubbed={point} />
      <Panel>
        <PriceChart
          symbol={symbol}
          previousClose={previousClose}
          range={range}
          onRange={(chosen) =>
            void navigate({ search: (now) => ({ ...now, range: chosen }), replace: true, resetScroll: false })
          }
          view={view}
          onView={(chosen) =>
            void navigate({
              search: ({ view: _, ...now }) => (chosen === 'candles' ? { ...now, view: chosen } : now),
              replace: true,
              resetScroll: false,
            })
          }
          onPoint={setPoint}
        />
      </Panel>
    </>
  );
}

/** The live change over a range longer than the day; null for the day, whose change comes with the price. */
function useRangeChange(symbol: string, range: RangeName) {
  const history = useQuery(historyQuery(symbol, range));
  const tick = useTick(symbol);
  if (range === '1D' || history.data === undefined) return null;
  const bars = barsOf(history.data.candles);
  const last = bars.at(-1);
  if (last === undefined) return null;
  return { ...changeFrom(baseOf(bars, range, undefined), tick?.price ?? last.close), since: RANGES[range].since };
}
