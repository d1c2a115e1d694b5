import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';

import { AppShell } from '@/components/layouts/app-shell';
import { assetQuery } from '@/features/assets/api/get-asset';
import { meQuery } from '@/features/auth/api/get-me';
import { historyQuery } from '@/features/chart/api/get-history';
import { isRangeName, type RangeName } from '@/features/chart/ranges';
import { onSessionEnd, queryClient } from '@/lib/query-client';
import { endSession, maybeSignedIn } from '@/lib/session';
import { stream } from '@/lib/stream/stream';

import { AccountFeed } from './account-feed';
import { NotFound } from './routes/not-found';
import { RouteError } from './routes/route-error';

interface WelcomeSearch {
  /** Where to go on after signing in. */
  next?: string;
  /** A session has ended there. */
  ended?: true;
}
interface OrdersSearch {
  show?: 'done';
  symbol?: string;
}
interface StockSearch {
  range?: RangeName;
  view?: 'candles';
  /** The open ticket's side, on a phone. */
  ticket?: 'buy' | 'sell';
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
/** Only what is there: an absent parameter stays out of the address. */
function present<Search extends object>(search: Search): { [Name in keyof Search]?: Exclude<Search[Name], undefined> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as never;
}

const leaveToPanels = (): void => undefined;

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: RouteError });

const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  validateSearch: (search): WelcomeSearch =>
    present({ next: text(search.next), ended: search.ended === true ? (true as const) : undefined }),
  component: lazyRouteComponent(() => import('./routes/welcome'), 'WelcomeRoute'),
});

/** Everything behind a session: the shell with its navigation, and the stream. */
const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  component: () => (
    <AppShell>
      <AccountFeed />
      <Outlet />
    </AppShell>
  ),
  // Nobody waits to be told who is signed in: the page opens with its skeletons, and if the exchange says that the
  // session is over, whichever question hears it first leads to the welcome page (`onSessionEnd` below).
  beforeLoad: ({ location }) => {
    if (!maybeSignedIn()) {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- how this router redirects
      throw redirect({ to: '/welcome', search: location.pathname === '/' ? {} : { next: location.href } });
    }
    queryClient.query(meQuery).catch(leaveToPanels);
    stream.start();
  },
});

const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('./routes/home'), 'HomeRoute'),
});

const search = createRoute({
  getParentRoute: () => signedIn,
  path: '/search',
  validateSearch: (query): { q?: string } => present({ q: text(query.q) }),
  component: lazyRouteComponent(() => import('./routes/search'), 'SearchRoute'),
});

const stock = createRoute({
  getParentRoute: () => signedIn,
  path: '/stocks/$symbol',
  // A dot would make the last part of the address look like a file's name: BRK.B is /stocks/BRK-B.
  params: {
    parse: ({ symbol }) => ({ symbol: symbol.toUpperCase().replace('-', '.') }),
    stringify: ({ symbol }) => ({ symbol: symbol.replace('.', '-') }),
  },
  validateSearch: (query): StockSearch =>
    present({
      range: isRangeName(query.range) ? query.range : undefined,
      view: query.view === 'candles' ? ('candles' as const) : undefined,
      ticket: query.ticket === 'buy' || query.ticket === 'sell' ? query.ticket : undefined,
    }),
  loaderDeps: ({ search: { range } }) => ({ range }),
  // With the intent to go there (a pointer over the link, a finger on it), so that the page opens filled. Nobody
  // waits for it: the panels show their own skeletons and errors.
  loader: ({ params: { symbol }, deps: { range = '1D' } }) => {
    queryClient.query(assetQuery(symbol)).catch(leaveToPanels);
    queryClient.query(historyQuery(symbol, range)).catch(leaveToPanels);
  },
  component: lazyRouteComponent(() => import('./routes/stock'), 'StockRoute'),
});

const orders = createRoute({
  getParentRoute: () => signedIn,
  path: '/orders',
  validateSearch: (query): OrdersSearch =>
    present({ show: query.show === 'done' ? ('done' as const) : undefined, symbol: text(query.symbol) }),
  component: lazyRouteComponent(() => import('./routes/orders'), 'OrdersRoute'),
});

const account = createRoute({
  getParentRoute: () => signedIn,
  path: '/account',
  component: lazyRouteComponent(() => import('./routes/account'), 'AccountRoute'),
});

export const router = createRouter({
  routeTree: root.addChildren([welcome, signedIn.addChildren([home, search, stock, orders, account])]),
  defaultPreload: 'intent',
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});

onSessionEnd(() => {
  if (router.state.location.pathname === '/welcome') return;
  const next = router.state.location.href;
  endSession();
  void router.navigate({ to: '/welcome', search: { next, ended: true } });
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
