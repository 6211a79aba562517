/** GexBot's names as rows: what exists, what it is called in paths, groups and on disk (contract sections 1.3 to 1.6). */

export type PackageName = 'classic' | 'state' | 'orderflow';

/** The shape of a record: the GEX ladder, a greek's ladder, or the orderflow line. */
export type RecordShape = 'gex' | 'greek' | 'orderflow';

export interface CategoryRow {
  readonly package: PackageName;
  readonly category: string;
  /** Short form accepted in REST paths. */
  readonly alias?: string;
  readonly shape: RecordShape;
}

const GEX = [
  ['gex_full', 'full'],
  ['gex_zero', 'zero'],
  ['gex_one', 'one'],
] as const;

const GREEKS = ['delta', 'gamma', 'vanna', 'charm'] as const;

/** The 15 record files of a ticker-day. */
export const CATEGORIES: readonly CategoryRow[] = [
  ...GEX.map(([category, alias]): CategoryRow => ({ package: 'classic', category, alias, shape: 'gex' })),
  ...GEX.map(([category, alias]): CategoryRow => ({ package: 'state', category, alias, shape: 'gex' })),
  ...GREEKS.map((g): CategoryRow => ({ package: 'state', category: `${g}_zero`, alias: g, shape: 'greek' })),
  ...GREEKS.map((g): CategoryRow => ({ package: 'state', category: `${g}_one`, alias: `one${g}`, shape: 'greek' })),
  { package: 'orderflow', category: 'orderflow', shape: 'orderflow' },
];

type TickerClass = 'index' | 'future' | 'variant' | 'stock';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The vendor's ticker universe by class. */
export const TICKERS: Readonly<Record<TickerClass, readonly string[]>> = {
  index: words('NDX RUT SPX VIX'),
  future: words('ES_SPX NQ_NDX'),
  variant: words('NDXP RUTW SPXW VIXW'),
  stock: words(`AAPL AMD AMZN APP AVGO BABA BOIL COIN CRWD CRWV DDOG DIA GLD GME GOOG GOOGL HOOD HYG IBIT INTC IONQ IWM
    META MSFT MSTR MU NFLX NVDA NVO ORCL PL PLTR QQQ RDDT ROKU SHOP SLV SMCI SNDK SNOW SOFI SPY TLT TQQQ TSLA TSM UBER
    UNG UNH USO UVXY VALE ZS`),
};

/** Tickers the vendor serves on its websocket only. */
export const QUANT_TICKERS: Readonly<Record<'index' | 'stock', readonly string[]>> = {
  index: ['XSP'],
  stock: words(`SOXL LLY FUTU MARA PYPL F ETHA EXK HIMS PINS NKE IREN RIVN IEF MTCH SBSW RIOT ONDS CRM PFE TSLL TGT NXE
    WMT BMNR CIFR TTD SMR XLF WULF DRAM BE NBIS OXY XLE GDX SMH JPM BAC WFC C GS MS SCHW AXP V MA CME CBOE NDAQ`),
};

/** A named stream of record lines: one file of a day's archive. */
export interface StreamKey {
  /** `YYYY-MM-DD`. */
  readonly date: string;
  /** Upper case. */
  readonly ticker: string;
  readonly package: PackageName;
  /** Canonical category, such as `gex_full`. */
  readonly category: string;
}

/** The category row a path segment names (canonical name or alias) in a package; undefined when there is none. */
export function categoryOf(packageName: string, name: string): CategoryRow | undefined {
  return CATEGORIES.find((row) => row.package === packageName && (row.category === name || row.alias === name));
}

/** `2025-11-14/SPX/classic/gex_full`: how messages and maps call a stream. */
export function streamName({ date, ticker, package: packageName, category }: StreamKey): string {
  return `${date}/${ticker}/${packageName}/${category}`;
}
