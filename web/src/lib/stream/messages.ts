/** The stream's messages that the app reads (docs/api.md, "From the server"). */
export interface Tick {
  type: 'TICK';
  symbol: string;
  price: string;
  bid: string | null;
  ask: string | null;
  change: string;
  changePercent: string;
  volume: string;
  ts: number;
  seq: number;
}

/** What an auction under way would do; anew each second. */
export interface Auction {
  indicativePrice: string | null;
  pairedQuantity: string;
  imbalance: string;
  imbalanceSide: string | null;
  referencePrice: string;
  uncrossAt: string | null;
}

export interface Quote {
  type: 'QUOTE';
  symbol: string;
  bid: string | null;
  bidSize: string;
  ask: string | null;
  askSize: string;
  last: string;
  open: string | null;
  high: string | null;
  low: string | null;
  previousClose: string;
  change: string;
  changePercent: string;
  volume: string;
  status: string;
  auction: Auction | null;
  bandLow: string | null;
  bandHigh: string | null;
  limitState: string | null;
  ts: number;
  seq: number;
}

export interface Print {
  type: 'TRADE';
  symbol: string;
  tradeId: string;
  price: string;
  quantity: string;
  /** Null where a feed does not tell. */
  side: string | null;
  ts: number;
  seq: number;
}

export interface BookLevel {
  price: string;
  quantity: string;
  orders: number;
}

export interface BookSnapshot {
  type: 'BOOK_SNAPSHOT';
  symbol: string;
  bids: BookLevel[];
  asks: BookLevel[];
  ts: number;
  seq: number;
}

export interface BookDelta extends Omit<BookSnapshot, 'type'> {
  type: 'BOOK_DELTA';
  prevSeq: number;
}

export interface OrderUpdate {
  type: 'ORDER_UPDATE';
  event: 'ACCEPTED' | 'ELECTED' | 'FILL' | 'CANCELLED' | 'EXPIRED' | 'MODIFIED' | 'REJECTED' | 'SNAPSHOT';
  orderId: string;
  clientOrderId: string | null;
  symbol: string;
  side: 'BUY' | 'SELL';
  status: string;
  reason: string | null;
  detail: string | null;
  quantity: string;
  filledQty: string;
  remainingQty: string;
  price: string | null;
  avgPrice: string | null;
  lastQty: string | null;
  lastPrice: string | null;
  seq: number;
  prevSeq: number;
}

export type Channel = 'ticks' | 'quotes' | 'trades' | 'book';

export type ServerMessage =
  | Tick
  | Quote
  | Print
  | BookSnapshot
  | BookDelta
  | OrderUpdate
  | { type: 'SUBSCRIBED'; channels: string[]; seq?: number }
  | { type: 'RESYNC'; channel: string; seq: number }
  | { type: 'SHUTDOWN'; reconnectAfterMs: number }
  | { type: 'HEARTBEAT'; ts: number; seq: number }
  | { type: 'AUTHENTICATED' | 'UNSUBSCRIBED' | 'PONG' }
  | { type: 'ERROR'; code: string; detail: string };
