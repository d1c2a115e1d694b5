import { Link } from '@tanstack/react-router';

import { Panel } from '@/components/layouts/panel';
import { TwoColumns } from '@/components/layouts/two-columns';
import { TopStocks } from '@/features/assets/components/top-stocks';
import { MyAssets } from '@/features/portfolio/components/my-assets';
import { PortfolioValue } from '@/features/portfolio/components/portfolio-value';
import { ValueCurve } from '@/features/portfolio/components/value-curve';
import { useWide } from '@/lib/use-wide';

import styles from './home.module.css';

export function HomeRoute() {
  const wide = useWide();
  return (
    <TwoColumns
      main={
        <>
          <Panel>
            <PortfolioValue />
          </Panel>
          <Panel>
            <ValueCurve />
          </Panel>
          <Panel>
            <MyAssets
              nextStep={
                <Link to="/search" className={styles.link}>
                  Find a company
                </Link>
              }
            />
          </Panel>
        </>
      }
      side={
        <Panel>
          <TopStocks limit={wide ? 8 : 5} />
        </Panel>
      }
    />
  );
}
