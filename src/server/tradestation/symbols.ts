import type { Right } from '../../core/model.js';
import { SYNTH_TICKERS, type SynthTicker } from '../../core/synth/tickers.js';

/** A contract as a TradeStation symbol names it: `SPXW 260320C6630`. */
export interface OptionName {
  readonly root: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly right: Right;
  readonly strike: number;
}

/** What a symbol stands for. `root`: the one option root that an alias such as `$SPXW.X` narrows chains to. */
export type Instrument =
  | { readonly kind: 'underlying'; readonly symbol: string; readonly ticker: SynthTicker; readonly root?: string }
  | { readonly kind: 'option'; readonly symbol: string; readonly ticker: SynthTicker; readonly option: OptionName }
  | { readonly kind: 'rate'; readonly symbol: string }
  | { readonly kind: 'crypto'; readonly symbol: string };

export const CRYPTO_PAIRS: readonly string[] = ['BTCUSD', 'ETHUSD', 'LTCUSD', 'BCHUSD'];
const RATE_SYMBOL = '$IRX.X';

const OPTION = /^([A-Z][A-Z0-9.]{0,5}) (\d{2})(\d{2})(\d{2})([CP])(\d{1,6}(?:\.\d{1,3})?)$/;

export function optionSymbol({ root, date, right, strike }: OptionName): string {
  return `${root} ${date.slice(2, 4)}${date.slice(5, 7)}${date.slice(8)}${right}${strike}`;
}

/** `$SPX.X` for indexes, `@ES` for futures views, else the ticker itself. */
export function underlyingSymbol({ ticker, sector, futuresOf }: SynthTicker): string {
  if (futuresOf) return `@${ticker.split('_')[0]}`;
  return sector === 'Index' ? `$${ticker}.X` : ticker;
}

/** Symbols of a universe of tickers, in any letter case; undefined for one that names nothing in it. */
export function symbolTable(tickers: readonly string[]): (symbol: string) => Instrument | undefined {
  const universe = SYNTH_TICKERS.filter(({ ticker }) => tickers.includes(ticker));
  const named = new Map<string, Instrument>([[RATE_SYMBOL, { kind: 'rate', symbol: RATE_SYMBOL }]]);
  for (const symbol of CRYPTO_PAIRS) named.set(symbol, { kind: 'crypto', symbol });
  const roots = new Map<string, SynthTicker>();
  for (const ticker of universe) {
    const symbol = underlyingSymbol(ticker);
    named.set(symbol, { kind: 'underlying', symbol, ticker });
    if (ticker.futuresOf) continue;
    for (const root of [ticker.pmRoot, ticker.amRoot]) if (root) roots.set(root, ticker);
    if (ticker.amRoot === undefined || ticker.pmRoot === ticker.ticker) continue;
    const alias = `$${ticker.pmRoot}.X`;
    named.set(alias, { kind: 'underlying', symbol: alias, ticker, root: ticker.pmRoot });
  }
  return (text) => {
    const symbol = text.toUpperCase();
    const found = named.get(symbol);
    if (found) return found;
    const option = parseOption(symbol);
    const ticker = option && roots.get(option.root);
    return ticker && { kind: 'option', symbol: optionSymbol(option), ticker, option };
  };
}

function parseOption(symbol: string): OptionName | undefined {
  const parts = OPTION.exec(symbol);
  if (!parts) return undefined;
  const [, root = '', year, month, day, right, strike] = parts;
  return { root, date: `20${year}-${month}-${day}`, right: right === 'C' ? 'C' : 'P', strike: Number(strike) };
}
