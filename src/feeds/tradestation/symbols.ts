import type { Right } from '../../core/model.js';
import { formatOcc, parseOcc } from '../../core/occ.js';
import { dateOnly } from './values.js';

/** What an option symbol names. Identity is all four: SPX and SPXW share dates and strikes (contract section 7.3). */
export interface OptionName {
  readonly root: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
  readonly right: Right;
  readonly strike: number;
}

/** What TradeStation calls an underlying, and the symbols under which it lists its option roots. */
export interface UnderlyingSymbols {
  readonly underlying: string;
  readonly quoteSymbol: string;
  readonly barSymbol: string;
  readonly chains: readonly { readonly querySymbol: string; readonly root: string }[];
}

const OPTION = /^([A-Z][A-Z0-9.]{0,5}) (\d{2})(\d{2})(\d{2})([CP])(\d{1,6}(?:\.\d{1,3})?)$/;

/** Reads `SPY 251219C682.5`, in any case, or an OCC symbol; undefined when it is neither. Years are 20yy. */
export function parseOptionSymbol(symbol: string): OptionName | undefined {
  const text = symbol.trim().toUpperCase();
  const parts = OPTION.exec(text);
  if (!parts) return parseOcc(text);
  const [, root = '', year, month, day, right, strike] = parts;
  const date = dateOnly(`20${year}-${month}-${day}`);
  if (date === undefined || Number(strike) === 0) return undefined;
  return { root, date, right: right === 'C' ? 'C' : 'P', strike: Number(strike) };
}

/** TradeStation's symbol of a contract, the strike without trailing zeros. */
export function formatOptionSymbol({ root, date, right, strike }: OptionName): string {
  return `${root} ${date.slice(2).replaceAll('-', '')}${right}${strike}`;
}

/** The OCC symbol of a contract, where one can say it; OCC writes class shares without the dot (BRK.B is BRKB). */
export function occSymbolOf(option: OptionName): string | undefined {
  return formatOcc({ ...option, root: option.root.replaceAll('.', '') });
}

const index = (underlying: string, ...roots: readonly string[]): UnderlyingSymbols => ({
  underlying,
  quoteSymbol: `$${underlying}.X`,
  barSymbol: `$${underlying}.X`,
  chains: roots.map((root) => ({ querySymbol: `$${root}.X`, root })),
});

/** Indexes; anything else is its own symbol and root. The suffixes of XSP and DJX are not certain. */
const INDEXES: readonly UnderlyingSymbols[] = [
  index('SPX', 'SPXW', 'SPX'),
  index('NDX', 'NDXP', 'NDX'),
  index('RUT', 'RUTW', 'RUT'),
  index('VIX', 'VIXW', 'VIX'),
  index('XSP', 'XSP'),
  index('DJX', 'DJX'),
];

/** The symbols of an underlying, named `SPX`, an option root such as `SPXW`, or TradeStation's `$SPX.X`. */
export function symbolsOf(name: string): UnderlyingSymbols {
  const plain = name
    .trim()
    .toUpperCase()
    .replace(/^\$|\.X$/g, '');
  const found = INDEXES.find((row) => row.underlying === plain || row.chains.some(({ root }) => root === plain));
  return (
    found ?? {
      underlying: plain,
      quoteSymbol: plain,
      barSymbol: plain,
      chains: [{ querySymbol: plain, root: plain }],
    }
  );
}

/** Symbols as one path segment: `$`, `@` and blanks encoded, commas literal. */
export function pathOf(symbols: readonly string[]): string {
  return symbols.map(encodeURIComponent).join(',');
}
