import type { ChainSnapshot } from './model.js';

/** What one dollar figure of gamma exposure means: dollars of delta per 1 % of spot, per point of spot, or shares per point. */
export type GexUnit = 'usd-per-1pct' | 'usd-per-point' | 'shares-per-point';

/** Dealers' side of a contract: customers sell calls and buy puts (naive), dealers short everything, the reverse, or known. */
export type DealerSign = 'naive' | 'short' | 'reverse' | 'per-contract';

export type Weight = 'open-interest' | 'volume';

/** Seconds over 365 days; the same with a floor of 30 minutes; or whole business days over 252, at least one. */
export type Clock = 'act365' | 'act365-min30m' | 'business252';

export type Origin = 'option' | 'preset' | 'chain' | 'implied' | 'model' | 'default';

export type PresetName = 'default' | 'perfiliev' | 'gexbot' | 'zerogex';

/** Trial spots as multiples of spot. `rungs` are searched in order until one holds a zero. */
export interface Sweep {
  readonly rungs: readonly (readonly [low: number, high: number])[];
  /** Spots of the profile, both ends included. */
  readonly levels: number;
  /** Roots of the re-priced book, or straight lines between the levels. */
  readonly root: 'polished' | 'interpolated';
}

interface Choices {
  readonly unit: GexUnit;
  readonly sign: DealerSign;
  readonly weight: Weight;
  readonly clock: Clock;
  readonly iv: 'solve' | 'chain';
  readonly greeks: 'own' | 'chain';
  readonly forward: 'implied' | 'carry';
  /** Quotes wider than this share of their middle are not used. */
  readonly maxSpread: number;
  readonly sweep: Sweep;
}

/** Everything that decides what an exposure figure means; carried inside every result and printed with it. */
export interface Convention extends Choices {
  readonly preset: PresetName;
  readonly rate: number;
  readonly rateOrigin: Origin;
  /** NaN with the origin `implied`: each expiry has its own. */
  readonly dividendYield: number;
  readonly dividendYieldOrigin: Origin;
  /** Which price `spot` is: `current`, `close`, `option` or the chain's own. */
  readonly spotSource: string;
}

/** What a caller may state; everything left out comes from the preset, then the chain, then the defaults. */
export interface ConventionOptions extends Partial<Choices> {
  readonly preset?: PresetName;
  readonly rate?: number;
  readonly dividendYield?: number;
  readonly spotSource?: string;
}

/** Discount rate where nobody states one: about the three-month US bill of 2023 to 2025. With implied forwards it only discounts. */
export const DEFAULT_RATE = 0.04;
const DEFAULT_YIELD = 0;

/** Share of call and put quotes' middle beyond which a quote says nothing about volatility (zerogex-oa's rule). */
const MAX_SPREAD = 0.5;

interface PresetRow extends Partial<Choices> {
  readonly rate?: number;
  readonly dividendYield?: number;
}

const DEFAULTS: Choices = {
  unit: 'usd-per-1pct',
  sign: 'naive',
  weight: 'open-interest',
  clock: 'act365',
  iv: 'solve',
  greeks: 'own',
  forward: 'implied',
  maxSpread: MAX_SPREAD,
  sweep: {
    rungs: [
      [0.8, 1.2],
      [0.5, 1.5],
    ],
    levels: 161,
    root: 'polished',
  },
};

/**
 * Other tools' conventions as rows. perfiliev: the widely copied 60-level chart, the chain's own gamma and IV, no carry.
 * gexbot: net gamma and zero gamma by traded volume. zerogex: flat 5 %, no yield, half an hour at least, a ladder of ranges.
 */
export const PRESETS: Readonly<Record<PresetName, PresetRow>> = {
  default: {},
  perfiliev: {
    clock: 'business252',
    iv: 'chain',
    greeks: 'chain',
    forward: 'carry',
    rate: 0,
    dividendYield: 0,
    sweep: { rungs: [[0.8, 1.2]], levels: 60, root: 'interpolated' },
  },
  gexbot: { weight: 'volume' },
  zerogex: {
    clock: 'act365-min30m',
    forward: 'carry',
    rate: 0.05,
    dividendYield: 0,
    sweep: {
      rungs: [
        [0.8, 1.2],
        [0.65, 1.35],
        [0.5, 1.5],
      ],
      levels: 161,
      root: 'polished',
    },
  },
};

/** The convention a chain is computed in. A stated yield means carry: forwards are implied only where nobody states one. */
export function resolveConvention(chain: ChainSnapshot, options: ConventionOptions = {}): Convention {
  const preset = options.preset ?? 'default';
  const row = PRESETS[preset];
  const choices: Choices = { ...DEFAULTS, ...stripped(row), ...stripped(options) };
  const [rate, rateOrigin] = stated(options.rate, row.rate, chain.rate) ?? [DEFAULT_RATE, 'default'];
  const carry = stated(options.dividendYield, row.dividendYield, chain.dividendYield);
  const forward = chain.model === 'black76' ? 'carry' : (options.forward ?? (carry ? 'carry' : choices.forward));
  const [dividendYield, dividendYieldOrigin] = yieldOf(chain, forward, rate, carry);
  return {
    ...choices,
    preset,
    forward,
    rate,
    rateOrigin,
    dividendYield,
    dividendYieldOrigin,
    spotSource: options.spotSource ?? 'chain',
  };
}

const CHOICE_KEYS = Object.keys(DEFAULTS) as (keyof Choices)[];

/** The stated choices alone. */
function stripped(partial: Partial<Choices>): Partial<Choices> {
  return Object.fromEntries(CHOICE_KEYS.flatMap((key) => (partial[key] === undefined ? [] : [[key, partial[key]]])));
}

type Stated = readonly [value: number, origin: Origin];

function stated(option?: number, preset?: number, chain?: number): Stated | undefined {
  if (option !== undefined) return [option, 'option'];
  if (preset !== undefined) return [preset, 'preset'];
  if (chain !== undefined) return [chain, 'chain'];
  return undefined;
}

function yieldOf(chain: ChainSnapshot, forward: 'implied' | 'carry', rate: number, carry: Stated | undefined): Stated {
  // A forward has no carry left: its yield is the rate.
  if (chain.model === 'black76') return [rate, 'model'];
  if (forward === 'implied') return [Number.NaN, 'implied'];
  return carry ?? [DEFAULT_YIELD, 'default'];
}

/** Dollars (or shares) per unit of `gamma * contracts * multiplier` at a spot. */
export function unitFactor(unit: GexUnit, spot: number): number {
  if (unit === 'usd-per-1pct') return spot * spot * 0.01;
  return unit === 'usd-per-point' ? spot : 1;
}

/** Dealers' sign of all calls and all puts; undefined for `per-contract`, where each contract has its own. */
export function signOf(sign: DealerSign): { readonly call: 1 | -1; readonly put: 1 | -1 } | undefined {
  switch (sign) {
    case 'naive':
      return { call: 1, put: -1 };
    case 'short':
      return { call: -1, put: -1 };
    case 'reverse':
      return { call: -1, put: 1 };
    case 'per-contract':
      return undefined;
  }
}
