import { getRouteApi, Link } from '@tanstack/react-router';

import { Narrow } from '@/components/layouts/narrow';
import { PageHeading } from '@/components/layouts/page-heading';
import { Panel } from '@/components/layouts/panel';
import { Button } from '@/components/ui/button/button';
import { Icon } from '@/components/ui/icon/icon';
import { Segmented } from '@/components/ui/segmented/segmented';
import { Typography } from '@/components/ui/typography/typography';
import { OrdersList } from '@/features/orders/components/orders-list';

import styles from './orders.module.css';

const route = getRouteApi('/signed-in/orders');
const SHOWN = [
  ['open', 'Open'],
  ['done', 'Done'],
] as const;

export function OrdersRoute() {
  const { show = 'open', symbol } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <Narrow>
      <PageHeading title="Orders">Orders</PageHeading>
      <Segmented
        label="Show"
        value={show}
        options={SHOWN}
        onChange={(chosen) =>
          void navigate({
            search: { ...(chosen === 'done' ? { show: chosen } : {}), ...(symbol === undefined ? {} : { symbol }) },
          })
        }
      />
      {symbol !== undefined && (
        <div>
          <Button
            label={`Show all companies, not only ${symbol}`}
            onPress={() => void navigate({ search: show === 'done' ? { show } : {} })}
          >
            Only {symbol} <Icon name="close" size={18} />
          </Button>
        </div>
      )}
      <Panel>
        <OrdersList
          key={`${show} ${symbol ?? ''}`}
          show={show}
          symbol={symbol}
          empty={
            <div className={styles.empty}>
              <Typography strong>{show === 'open' ? 'No open orders' : 'No orders yet'}</Typography>
              <Typography tone="quiet">
                {show === 'open'
                  ? 'A limit order that is waiting for its price shows here.'
                  : 'What you buy and sell shows here, with its price and time.'}
              </Typography>
              <Link to="/search" className={styles.link}>
                Find a company
              </Link>
            </div>
          }
        />
      </Panel>
    </Narrow>
  );
}
