import type { ApiCall, StreamRoute, StreamSource } from './call.js';
import { mix, seedOf } from './market/mix.js';
import type { QuoteState } from './market/quote-state.js';
import { degraded, stamp } from './quote-text.js';
import { refusal } from './refusal.js';

const depth = { method: 'GET', scope: 'Matrix', resource: 'marketdepth-stream' } as const;

export const DEPTH_STREAMS: readonly StreamRoute[] = [
  {
    ...{ ...depth, stream: (call: ApiCall) => depthStream(call, quoteLevel) },
    pattern: /^\/v3\/marketdata\/stream\/marketdepth\/quotes\/([^/]+)$/,
  },
  {
    ...{ ...depth, stream: (call: ApiCall) => depthStream(call, aggregateLevel) },
    pattern: /^\/v3\/marketdata\/stream\/marketdepth\/aggregates\/([^/]+)$/,
  },
];

const VENUES = ['ARCX', 'NSDQ', 'BATS', 'EDGX', 'MEMX', 'NYSE'] as const;

interface Level {
  readonly side: 'Bid' | 'Ask';
  readonly price: number;
  readonly size: number;
  readonly orders: number;
  readonly venue: string;
  readonly atMs: number;
}

function quoteLevel({ side, price, size, orders, venue, atMs }: Level) {
  return {
    TimeStamp: stamp(atMs),
    Side: side,
    Price: String(price),
    Size: String(size),
    OrderCount: orders,
    Name: venue,
  };
}

function aggregateLevel({ side, price, size, orders, atMs }: Level) {
  const biggest = Math.ceil(size * 0.6);
  return {
    ...{ EarliestTime: stamp(atMs - 4000), LatestTime: stamp(atMs), Side: side, Price: String(price) },
    ...{ TotalSize: String(size), BiggestSize: String(biggest), SmallestSize: String(Math.max(1, size - biggest)) },
    ...{ NumParticipants: Math.min(orders, VENUES.length), TotalOrderCount: orders },
  };
}

/** The whole book on every change: levels a tick apart below the bid and above the ask. */
function depthStream(call: ApiCall, levelOf: (level: Level) => object): StreamSource {
  const {
    exchange,
    path: [symbol = ''],
    params,
    faults,
    atMs: openedMs,
  } = call;
  const instrument = exchange.find(symbol, openedMs);
  if (!instrument) throw refusal(400, `Invalid symbol: ${symbol}`);
  const levels = params.whole('maxlevels', 20, [1, 100]);
  const seed = seedOf(exchange.market.options.seed, `depth ${instrument.symbol}`);
  const book = (quote: QuoteState, side: 'Bid' | 'Ask', atMs: number): Level[] => {
    const [price, size, away] = side === 'Bid' ? [quote.bid, quote.bidSize, -1] : [quote.ask, quote.askSize, 1];
    const second = Math.floor(atMs / 1000) & 0x7fffffff;
    return Array.from({ length: levels }, (_, i) => {
      const draw = mix(seed, second, 2 * i + (side === 'Bid' ? 0 : 1));
      return {
        ...{
          side,
          price: Math.round((price + away * i * 0.01) * 100) / 100,
          size: i === 0 ? size : 100 * (1 + (draw % 20)),
        },
        ...{
          orders: 1 + ((draw >>> 8) % 12),
          venue: VENUES[(draw >>> 16) % VENUES.length] as string,
          atMs: second * 1000,
        },
      };
    }).filter((level) => level.price > 0);
  };
  let sent = '';
  const step = (atMs: number): string[] => {
    if (sent !== '' && !exchange.isOpen(instrument, atMs)) return [];
    const quote = exchange.quote(instrument, atMs);
    if (!quote) return [];
    const shown = degraded(quote, faults);
    const stampedMs = Math.floor(atMs / 1000) * 1000;
    const [Bids, Asks] = [book(shown, 'Bid', stampedMs), book(shown, 'Ask', stampedMs)];
    const text = JSON.stringify({ Bids: Bids.map(levelOf), Asks: Asks.map(levelOf) });
    if (text === sent) return [];
    sent = text;
    return [text];
  };
  return { open: step, step };
}
