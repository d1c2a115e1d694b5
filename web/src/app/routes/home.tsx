import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';

import { Panel } from '@/components/layouts/panel';
import { TwoColumns } from '@/components/layouts/two-columns';
import { TopStocks } from '@/features/assets/components/top-stocks';
import { MyAssets } from '@/features/portfolio/components/my-assets';
import { PortfolioValue } from '@/features/portfolio/components/portfolio-value';
import { useWide } from '@/lib/use-wide';

import styles from './home.module.css';

// Asked for with this module, but what comes first on the page does not wait for it.
const curve = import('@/features/portfolio/components/value-curve');
const ValueCurve = lazy(() => curve.then((module) => ({ default: module.ValueCurve })));

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
            <div className={styles.curve}>
              <Suspense fallback={null}>
                <ValueCurve />
              </Suspense>
            </div>
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
