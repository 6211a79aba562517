import type { Expiry } from '../../core/model.js';
import type { SynthTicker } from '../../core/synth/tickers.js';
import type { AnswerRoute, ApiCall } from './call.js';
import { isIndex, listedSession } from './market/hours.js';
import { refusal } from './refusal.js';
import { assetType, universe } from './rest-symbols.js';
import { underlyingSymbol } from './symbols.js';

/** The v2 search and its shorter sister: real numbers, dates as `/Date(ms)/` (contract section 5.10). */
export const SEARCH_ROUTES: readonly AnswerRoute[] = [
  { method: 'GET', pattern: /^\/v2\/data\/symbols\/suggest\/([^/]+)$/, resource: 'symbol-search', answer: suggest },
  { method: 'GET', pattern: /^\/v2\/data\/symbols\/search\/([^/]+)$/, resource: 'symbol-search', answer: search },
];

const CATEGORIES: Readonly<Record<string, 'Stock' | 'Index' | 'Future' | 'StockOption' | 'IndexOption' | 'none'>> = {
  ...{ S: 'Stock', STOCK: 'Stock', IDX: 'Index', INDEX: 'Index', FU: 'Future', FUTURE: 'Future' },
  ...{ SO: 'StockOption', STOCKOPTION: 'StockOption', IO: 'IndexOption', INDEXOPTION: 'IndexOption' },
  ...{ FO: 'none', FUTUREOPTION: 'none', FX: 'none', FOREX: 'none', MF: 'none', MUTUALFUND: 'none' },
  ...{ MMF: 'none', MONEYMARKETFUND: 'none', B: 'none', BOND: 'none', CO: 'none', CURRENCYOPTION: 'none' },
};

function element(ticker: SynthTicker) {
  const category = { INDEX: 'Index', FUTURE: 'Future', STOCK: 'Stock' }[assetType(ticker)];
  return {
    ...{ Name: underlyingSymbol(ticker), Category: category, Country: 'United States', Currency: 'USD' },
    ...{
      Description: ticker.name,
      DisplayType: 2,
      Error: '',
      Exchange: isIndex(ticker) ? 'CBOE' : 'ARCX',
      ExchangeID: 1,
    },
    ...{ ExpirationDate: null as string | null, ExpirationType: '', FutureType: '', MinMove: 1, OptionType: '' },
    ...{ PointValue: 1, Root: underlyingSymbol(ticker), StrikePrice: 0, Underlying: '' },
  };
}

function suggest({ exchange, path: [text = ''], params, query }: ApiCall) {
  const most = params.whole('$top', 20, [1, 1000]);
  const wanted = text.toUpperCase();
  const found = universe(exchange.tickers)
    .map(element)
    .filter(({ Name, Description }) => {
      return Name.replace(/^[$@]/, '').startsWith(wanted) || Description.toUpperCase().includes(wanted);
    });
  return found.filter(odataFilter(query.get('$filter') ?? '')).slice(0, most);
}

type Element = ReturnType<typeof element>;

/** `Category eq 'Stock' and Country neq 'US'`: equalities joined with `and`. */
function odataFilter(text: string): (row: Element) => boolean {
  if (text.trim() === '') return () => true;
  const terms = text.split(/\s+and\s+/i).map((term) => {
    const parts = /^\s*(Category|Country|Currency|Exchange)\s+(eq|neq|ne)\s+'([^']*)'\s*$/i.exec(term);
    if (!parts) throw refusal(400, `Invalid $filter: ${term}`);
    const [, name = '', operator = '', value = ''] = parts;
    return { name: name.toLowerCase(), equal: operator.toLowerCase() === 'eq', value: value.toLowerCase() };
  });
  return (row) => {
    const values: Readonly<Record<string, string>> = {
      ...{ category: row.Category, country: row.Country, currency: row.Currency, exchange: row.Exchange },
    };
    return terms.every(({ name, equal, value }) => (values[name]?.toLowerCase() === value) === equal);
  };
}

function search(call: ApiCall) {
  const {
    exchange,
    path: [text = ''],
  } = call;
  const pairs = [...new URLSearchParams(text.replaceAll('+', '%2B'))];
  const criteria = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const category = CATEGORIES[(criteria.get('c') ?? 'Stock').toUpperCase()];
  if (category === undefined) throw refusal(400, `Invalid category: ${criteria.get('c')}`);
  if (category === 'StockOption' || category === 'IndexOption') return searchOptions(call, criteria, category);
  const name = (criteria.get('n') ?? criteria.get('r') ?? '').toUpperCase();
  const words = (criteria.get('desc') ?? '').toUpperCase();
  return universe(exchange.tickers)
    .map(element)
    .filter(({ Name, Category, Description }) => {
      const fits = Name === name || Name.replace(/^[$@]/, '').startsWith(name);
      return Category === category && fits && Description.toUpperCase().includes(words);
    });
}

function searchOptions(
  { exchange, atMs }: ApiCall,
  criteria: ReadonlyMap<string, string>,
  category: 'StockOption' | 'IndexOption',
) {
  const root = criteria.get('r')?.toUpperCase();
  if (!root) throw refusal(400, 'R (root) is required for options.');
  const ticker = universe(exchange.tickers).find((row) => {
    return !row.futuresOf && (row.pmRoot === root || row.amRoot === root || underlyingSymbol(row) === root);
  });
  if (!ticker || isIndex(ticker) !== (category === 'IndexOption')) return [];
  const wanted = ticker.pmRoot === root || ticker.amRoot === root ? root : (ticker.amRoot ?? ticker.pmRoot);
  const day = exchange.market.optionDay(ticker, listedSession(atMs));
  const spot = exchange.market.spotAt(ticker, atMs);
  const expiries = optionExpiries(day.listing.contracts.expiries, wanted, criteria);
  const type = (criteria.get('ot') ?? 'Both').toLowerCase();
  return expiries.flatMap(({ expiry, index }) => {
    const rows = day.symbols.flatMap((symbol, row) => {
      const strike = day.listing.contracts.strike[row] as number;
      const right = day.rightOf(row) === 'C' ? 'Call' : 'Put';
      if (day.listing.contracts.expiry[row] !== index || !(type === 'both' || type === right.toLowerCase())) return [];
      if (strike < bound(criteria, 'spl', 0) || strike > bound(criteria, 'sph', Number.POSITIVE_INFINITY)) return [];
      return [{ symbol, strike, right }];
    });
    const most = bound(criteria, 'stk', Number.POSITIVE_INFINITY);
    const strikes = [...new Set(rows.map(({ strike }) => strike))].sort(
      (a, b) => Math.abs(a - spot) - Math.abs(b - spot),
    );
    const near = new Set(strikes.slice(0, 2 * most));
    return rows
      .filter(({ strike }) => near.has(strike))
      .map(({ symbol, strike, right }) => ({
        ...element(ticker),
        ...{
          Name: symbol,
          Category: category,
          Description: symbol,
          Exchange: 'OPRA',
          OptionType: right,
          PointValue: 100,
        },
        ExpirationDate: `/Date(${Date.parse(expiry.label)})/`,
        ...{ ExpirationType: 'W', Root: wanted, StrikePrice: strike, Underlying: underlyingSymbol(ticker) },
      }));
  });
}

function optionExpiries(expiries: readonly Expiry[], root: string, criteria: ReadonlyMap<string, string>) {
  const [low, high] = [isoDate(criteria.get('edl')) ?? '0000', isoDate(criteria.get('edh')) ?? '9999'];
  return expiries
    .map((expiry, index) => ({ expiry, index }))
    .filter(({ expiry }) => expiry.root === root && expiry.label >= low && expiry.label <= high)
    .slice(0, bound(criteria, 'exd', 3));
}

/** `MM-DD-YYYY` -> `YYYY-MM-DD`. */
function isoDate(text: string | undefined): string | undefined {
  if (!text) return undefined;
  const parts = /^(\d{2})-(\d{2})-(\d{4})$/.exec(text);
  if (!parts) throw refusal(400, `Invalid date: ${text}, expected MM-DD-YYYY.`);
  return `${parts[3]}-${parts[1]}-${parts[2]}`;
}

function bound(criteria: ReadonlyMap<string, string>, name: string, fallback: number): number {
  const text = criteria.get(name);
  const value = text ? Number(text) : fallback;
  if (Number.isNaN(value)) throw refusal(400, `Invalid ${name}: expected a number.`);
  return value;
}
