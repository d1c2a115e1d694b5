import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

import { Icon, type IconName } from '@/components/ui/icon/icon';
import { Logo } from '@/components/ui/logo/logo';
import { useFreshness } from '@/lib/stream/use-connection';

import styles from './app-shell.module.css';
import { StaleBanner } from './stale-banner';
import { Toasts } from './toasts';
import { UpdatePrompt } from './update-prompt';

const TABS: readonly (readonly ['/' | '/search' | '/orders' | '/account', IconName, string])[] = [
  ['/', 'home', 'Home'],
  ['/search', 'search', 'Search'],
  ['/orders', 'orders', 'Orders'],
  ['/account', 'account', 'Account'],
];

/** The frame of every page: skip link, navigation (tab bar or rail), what went stale, and what just happened. */
export function AppShell({ children }: { children: ReactNode }) {
  const freshness = useFreshness();
  return (
    <>
      <a className={styles.skip} href="#main">
        Skip to content
      </a>
      <nav className={styles.nav} aria-label="Main">
        <span className={styles.brand}>
          <Logo />
          OpenBell
        </span>
        <ul>
          {TABS.map(([to, icon, label]) => (
            <li key={to}>
              <Link
                to={to}
                className={styles.tab}
                activeOptions={{ exact: to === '/', includeSearch: false }}
                preload="intent"
              >
                <Icon name={icon} />
                <span>{label}</span>
              </Link>
            </li>
          ))}
        </ul>
        <p className={styles.simulated}>Simulated market, paper money</p>
      </nav>
      <div className={styles.page} data-stale={freshness.stale}>
        <StaleBanner freshness={freshness} />
        <main id="main" className={styles.main} tabIndex={-1}>
          {children}
        </main>
      </div>
      <Toasts />
      <UpdatePrompt />
    </>
  );
}
