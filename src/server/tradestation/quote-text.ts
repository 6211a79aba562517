import type { Switches } from './faults.js';
import type { QuoteState } from './market/quote-state.js';

/** Seconds and `Z`; blank for NaN. */
export function stamp(ms: number): string {
  return Number.isFinite(ms) ? `${new Date(ms).toISOString().slice(0, 19)}Z` : '';
}

/** The text of a price or a size: no trailing zeros, blank for NaN. */
export function figure(value: number): string {
  return Number.isFinite(value) ? String(value) : '';
}

/** Rounded to `digits` decimals, then as `figure`. */
export function rounded(value: number, digits: number): string {
  const scale = 10 ** digits;
  return figure(Math.round(value * scale) / scale);
}

/** Snapshots say the change in percent, streams as a fraction (contract section 5.1). */
type Scale = 'percent' | 'fraction';

interface Field {
  readonly name: string;
  /** The number it follows from: the text is made only when that changes. */
  readonly of: (state: QuoteState) => number;
  readonly text: (value: number, state: QuoteState, scale: Scale) => string;
}

const plain = (value: number): string => figure(value);

const FIELDS: readonly Field[] = [
  { name: 'Open', of: (s) => s.open, text: plain },
  { name: 'High', of: (s) => s.high, text: plain },
  { name: 'Low', of: (s) => s.low, text: plain },
  { name: 'PreviousClose', of: (s) => s.previousClose, text: plain },
  { name: 'Last', of: (s) => s.last, text: plain },
  { name: 'Close', of: (s) => s.last, text: plain },
  { name: 'Bid', of: (s) => s.bid, text: plain },
  { name: 'BidSize', of: (s) => s.bidSize, text: plain },
  { name: 'Ask', of: (s) => s.ask, text: plain },
  { name: 'AskSize', of: (s) => s.askSize, text: plain },
  { name: 'LastSize', of: (s) => s.lastSize, text: plain },
  { name: 'NetChange', of: (s) => s.last - s.previousClose, text: (value) => rounded(value, 4) },
  {
    name: 'NetChangePct',
    of: (s) => s.last / s.previousClose - 1,
    text: (value, _state, scale) => (scale === 'percent' ? rounded(value * 100, 2) : rounded(value, 6)),
  },
  { name: 'Volume', of: (s) => s.volume, text: plain },
  { name: 'PreviousVolume', of: (s) => s.previousVolume, text: plain },
  { name: 'DailyOpenInterest', of: (s) => s.openInterest, text: plain },
  { name: 'VWAP', of: (s) => s.vwap, text: (value) => rounded(value, 4) },
  { name: 'TradeTime', of: (s) => s.tradeMs, text: stamp },
  { name: 'High52Week', of: (s) => s.high52, text: (value) => rounded(value, 2) },
  { name: 'Low52Week', of: (s) => s.low52, text: (value) => rounded(value, 2) },
];

interface QuoteTextOptions {
  readonly symbol: string;
  readonly venue: string;
  readonly scale: Scale;
  readonly delayed: boolean;
}

/** A complete quote as JSON. */
export function quoteText(state: QuoteState, { symbol, venue, scale, delayed }: QuoteTextOptions): string {
  const fields = FIELDS.map(({ name, of, text }) => `"${name}":"${text(of(state), state, scale)}"`).join(',');
  const flags = `{"IsDelayed":${delayed},"IsHardToBorrow":false,"IsBats":false,"IsHalted":false}`;
  return (
    `{"Symbol":${JSON.stringify(symbol)},${fields},"LastVenue":${JSON.stringify(venue)},"High52WeekTimestamp":"",` +
    '"Low52WeekTimestamp":"","TickSizeTier":"0","MinPrice":"","MaxPrice":"","FirstNoticeDate":"","LastTradingDate":"",' +
    `"Restrictions":[],"MarketFlags":${flags}}`
  );
}

/** The changed fields of a quote as `"Name":"value"` texts; empty when nothing has changed. */
export function changedFields(before: QuoteState, now: QuoteState): string {
  let text = '';
  for (const field of FIELDS) {
    const value = field.of(now);
    if (Object.is(value, field.of(before))) continue;
    text += `,"${field.name}":"${field.text(value, now, 'fraction')}"`;
  }
  return text;
}

/** A quote as a degraded feed would show it. `stuckLast` is the state the last price stays at. */
export function degraded(state: QuoteState, faults: Switches, stuckLast?: QuoteState): QuoteState {
  let quote = state;
  if (faults.missingOI) quote = { ...quote, openInterest: Number.NaN };
  if (faults.zeroBidAsk) quote = { ...quote, bid: 0, ask: 0, bidSize: 0, askSize: 0 };
  if (faults.crossed) quote = { ...quote, bid: quote.ask + 0.05, ask: quote.bid };
  if (faults.wideSpread)
    quote = { ...quote, bid: Math.round(quote.bid * 20) / 100, ask: Math.round(quote.ask * 500) / 100 };
  if (faults.stuckLast && stuckLast) quote = { ...quote, last: stuckLast.last, tradeMs: stuckLast.tradeMs };
  return quote;
}
