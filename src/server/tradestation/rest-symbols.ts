import { SYNTH_TICKERS, type SynthTicker } from '../../core/synth/tickers.js';
import type { AnswerRoute, ApiCall } from './call.js';
import { isIndex } from './market/hours.js';
import { symbolsOf } from './rest-quotes.js';
import { CRYPTO_PAIRS, type Instrument, underlyingSymbol } from './symbols.js';

const MOST_DETAILS = 50;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export const SYMBOL_ROUTES: readonly AnswerRoute[] = [
  { method: 'GET', pattern: /^\/v3\/marketdata\/symbols\/([^/]+)$/, resource: 'symbol-details', answer: details },
  {
    ...{ method: 'GET', resource: 'symbol-lists', answer: () => ({ SymbolNames: CRYPTO_PAIRS }) },
    pattern: /^\/v3\/marketdata\/symbollists\/cryptopairs\/symbolnames$/,
  },
];

function details({ exchange, path: [segment = ''], atMs, faults }: ApiCall) {
  const found = symbolsOf(segment, MOST_DETAILS).map((symbol) => {
    const refused = faults.invalidSymbol?.includes(symbol.toUpperCase());
    return { symbol, instrument: refused ? undefined : exchange.find(symbol, atMs) };
  });
  return {
    Symbols: found.flatMap(({ instrument }) => (instrument ? [detail(instrument)] : [])),
    Errors: found.flatMap(({ symbol, instrument }) =>
      instrument ? [] : [{ Symbol: symbol, Error: 'NotFound', Message: `Symbol not found: ${symbol}` }],
    ),
  };
}

const QUANTITY = {
  ...{ Format: 'Decimal', Decimals: '0', IncrementStyle: 'Simple', Increment: '1', MinimumTradeQuantity: '1' },
} as const;

function detail(instrument: Instrument) {
  const common = { Country: 'United States', Currency: 'USD', Symbol: instrument.symbol, QuantityFormat: QUANTITY };
  if (instrument.kind === 'option') return optionDetail(instrument, common);
  if (instrument.kind !== 'underlying') {
    const crypto = instrument.kind === 'crypto';
    const Description = crypto ? `${instrument.symbol.slice(0, 3)} in USD` : '13 week Treasury bill yield';
    const kind = { AssetType: crypto ? 'UNKNOWN' : 'INDEX', Exchange: crypto ? 'CRYPTO' : 'INDX' };
    return {
      ...common,
      ...kind,
      Description,
      PriceFormat: priceFormat('0.01', '1'),
      Root: instrument.symbol,
      Underlying: '',
    };
  }
  const { ticker, symbol } = instrument;
  return {
    ...common,
    AssetType: assetType(ticker),
    Description: ticker.name,
    Exchange: isIndex(ticker) ? 'CBOE' : ticker.futuresOf ? 'CME' : 'ARCX',
    ...(ticker.futuresOf && { FutureType: 'Continuous' }),
    PriceFormat: priceFormat('0.01', ticker.futuresOf ? '50' : '1'),
    Root: symbol,
    Underlying: '',
  };
}

function optionDetail({ symbol, ticker, option }: Extract<Instrument, { kind: 'option' }>, common: object) {
  const { root, date, right, strike } = option;
  const OptionType = right === 'C' ? 'Call' : 'Put';
  const month = MONTHS[Number(date.slice(5, 7)) - 1];
  return {
    ...common,
    AssetType: isIndex(ticker) ? 'INDEXOPTION' : 'STOCKOPTION',
    Description: `${root} ${month} ${Number(date.slice(8))} ${date.slice(0, 4)} ${strike} ${OptionType}`,
    Exchange: 'OPRA',
    ExpirationDate: `${date}T00:00:00Z`,
    ...{ OptionType, Root: root, StrikePrice: String(strike), Symbol: symbol, Underlying: underlyingSymbol(ticker) },
    PriceFormat: {
      ...{ Format: 'Decimal', Decimals: '2', IncrementStyle: 'Schedule', PointValue: '100' },
      IncrementSchedule: [{ Increment: String(ticker.tick), StartsAt: '0' }],
    },
  };
}

function priceFormat(Increment: string, PointValue: string) {
  return { Format: 'Decimal', Decimals: '2', IncrementStyle: 'Simple', Increment, PointValue };
}

export function assetType(ticker: SynthTicker): 'INDEX' | 'FUTURE' | 'STOCK' {
  if (ticker.futuresOf) return 'FUTURE';
  return isIndex(ticker) ? 'INDEX' : 'STOCK';
}

/** The rows of a universe. */
export function universe(tickers: readonly string[]): readonly SynthTicker[] {
  return SYNTH_TICKERS.filter(({ ticker }) => tickers.includes(ticker));
}
