import { GexError } from '../../errors.js';

/** A built-in synthetic underlying. Prices in USD, drift and volatility per year of trading time. */
export interface SynthTicker {
  readonly ticker: string;
  readonly name: string;
  readonly sector: string;
  readonly startPrice: number;
  readonly drift: number;
  readonly volatility: number;
  readonly floor: number;
  readonly cap: number;
  /** Rate and dividend yield that carry the forward, annual, continuous. */
  readonly rate: number;
  readonly dividendYield: number;
  /** Tickers of one driver share their returns (SPY follows SPX). */
  readonly driver: string;
  /** `daily`: an expiry every session near by, else Fridays only. */
  readonly expiries: 'daily' | 'weekly';
  /** Root that settles at the close, and the one whose third Friday settles in the morning. */
  readonly pmRoot: string;
  readonly amRoot?: string;
  readonly strikeStep: number;
  /** Strikes at every step on each side of the open, before they thin out. */
  readonly nearSteps: number;
  /** Smallest quote increment in USD. */
  readonly tick: number;
  /** Contracts traded on an average day, and open interest of the whole chain. */
  readonly dailyVolume: number;
  readonly openInterest: number;
  /** The index's chain seen from its future: prices and levels of records lie `basis` above the index. */
  readonly futuresOf?: { readonly index: string; readonly basis: number };
}

const OPTIONABLE = { floor: 0, cap: Number.POSITIVE_INFINITY, rate: 0.04, expiries: 'daily' } as const;
const INDEX = { ...OPTIONABLE, sector: 'Index', drift: 0.06, tick: 0.05, nearSteps: 48 } as const;
const FUND = { ...OPTIONABLE, sector: 'Fund', drift: 0.06, tick: 0.01, nearSteps: 40 } as const;
const STOCK = {
  rate: 0.04,
  dividendYield: 0.01,
  expiries: 'weekly',
  strikeStep: 1,
  nearSteps: 30,
  tick: 0.01,
  dailyVolume: 60_000,
  openInterest: 400_000,
} as const;

const SPX: SynthTicker = {
  ...INDEX,
  ...own('SPX', 'S&P 500 Index, synthetic', 'Index'),
  ...{ startPrice: 6900, volatility: 0.15, dividendYield: 0.012, pmRoot: 'SPXW', amRoot: 'SPX' },
  ...{ strikeStep: 5, dailyVolume: 2_500_000, openInterest: 4_000_000 },
};

const NDX: SynthTicker = {
  ...INDEX,
  ...own('NDX', 'Nasdaq 100 Index, synthetic', 'Index'),
  ...{ startPrice: 25_500, volatility: 0.2, dividendYield: 0.006, pmRoot: 'NDXP', amRoot: 'NDX' },
  ...{ strikeStep: 25, dailyVolume: 60_000, openInterest: 150_000 },
};

/** The tickers the generator knows. The first five are the contract's reference companies. */
export const SYNTH_TICKERS: readonly SynthTicker[] = [
  { ...STOCK, ...own('SYNTH', 'Synthetic Corp', 'Technology'), ...price(150, 0.05, 0.2, 10, 1000) },
  { ...STOCK, ...own('TECH', 'Tech Innovations', 'Technology'), ...price(320, 0.08, 0.3, 50, 2000), strikeStep: 2.5 },
  { ...STOCK, ...own('FINANCE', 'Finance Holdings', 'Finance'), ...price(85, 0.03, 0.15, 20, 500) },
  { ...STOCK, ...own('ENERGY', 'Energy Solutions', 'Energy'), ...price(65, 0.02, 0.25, 10, 300), strikeStep: 0.5 },
  { ...STOCK, ...own('HEALTH', 'Healthcare Partners', 'Healthcare'), ...price(180, 0.06, 0.18, 30, 800) },
  SPX,
  futuresView('ES_SPX', 'E-mini S&P 500 view of SPX, synthetic', SPX, 38.25),
  {
    ...FUND,
    ...own('SPY', 'S&P 500 fund, synthetic', 'Fund'),
    ...{ startPrice: 690, volatility: 0.15, dividendYield: 0.012, driver: 'SPX' },
    ...{ strikeStep: 1, dailyVolume: 6_000_000, openInterest: 12_000_000 },
  },
  {
    ...FUND,
    ...own('QQQ', 'Nasdaq 100 fund, synthetic', 'Fund'),
    ...{ startPrice: 620, volatility: 0.2, dividendYield: 0.006, driver: 'NDX' },
    ...{ strikeStep: 1, dailyVolume: 4_000_000, openInterest: 9_000_000 },
  },
  NDX,
  futuresView('NQ_NDX', 'E-mini Nasdaq 100 view of NDX, synthetic', NDX, 147.5),
  {
    ...INDEX,
    ...own('RUT', 'Russell 2000 Index, synthetic', 'Index'),
    ...{ startPrice: 2450, volatility: 0.22, dividendYield: 0.012, pmRoot: 'RUTW', amRoot: 'RUT' },
    ...{ strikeStep: 5, nearSteps: 30, dailyVolume: 80_000, openInterest: 600_000 },
  },
  {
    ...FUND,
    ...own('IWM', 'Russell 2000 fund, synthetic', 'Fund'),
    ...{ startPrice: 243, volatility: 0.22, dividendYield: 0.012, driver: 'RUT' },
    ...{ strikeStep: 1, nearSteps: 25, dailyVolume: 1_000_000, openInterest: 6_000_000 },
  },
];

/** The row of a ticker, any letter case; GexError `missing` names the ones there are. */
export function synthTicker(name: string): SynthTicker {
  const row = SYNTH_TICKERS.find((candidate) => candidate.ticker === name.toUpperCase());
  if (row) return row;
  const known = SYNTH_TICKERS.map((candidate) => candidate.ticker).join(', ');
  throw new GexError('missing', `No synthetic ticker ${JSON.stringify(name)}; there are ${known}.`);
}

function own(ticker: string, name: string, sector: string) {
  return { ticker, name, sector, driver: ticker, pmRoot: ticker } as const;
}

function price(startPrice: number, drift: number, volatility: number, floor: number, cap: number) {
  return { startPrice, drift, volatility, floor, cap } as const;
}

function futuresView(ticker: string, name: string, of: SynthTicker, basis: number): SynthTicker {
  return { ...of, ticker, name, sector: 'Future', futuresOf: { index: of.ticker, basis } };
}
