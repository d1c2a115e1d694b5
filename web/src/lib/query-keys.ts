/** Every query's key, in one place, so that a fill can refresh what it changed across features. */
export const keys = {
  me: ['me'],
  clock: ['clock'],
  portfolio: ['portfolio'],
  performance: (range: string) => ['portfolio', 'performance', range],
  statements: ['statements'],
  topAssets: (limit: number, offset: number) => ['assets', 'top', limit, offset],
  search: (text: string) => ['assets', 'search', text],
  asset: (symbol: string) => ['assets', 'one', symbol],
  book: (symbol: string) => ['book', symbol],
  trades: (symbol: string) => ['trades', symbol],
  history: (symbol: string, range: string) => ['history', symbol, range],
  orders: (filter: { status: string; symbol?: string | undefined }) => ['orders', filter],
  order: (orderId: string) => ['order', orderId],
} as const;

/** What any change of an order may have changed. */
export const ACCOUNT_KEYS = [['portfolio'], ['orders']] as const;
