import { portableExp, portableLog } from '../portable.js';
import type { RandomStream } from '../random.js';

export const SYNTH_MODELS = ['gbm', 'merton', 'heston'] as const;
export type SynthModel = (typeof SYNTH_MODELS)[number];

interface ProcessOptions {
  readonly spot: number;
  /** Expected growth per year of trading time. */
  readonly drift: number;
  /** Long-run total volatility per square root of a year of trading time, jumps included. */
  readonly volatility: number;
  readonly floor: number;
  readonly cap: number;
  readonly random: RandomStream;
  /** Jumps and variance draw here, so that models share the same diffusion draws. */
  readonly extra: RandomStream;
}

/** A price in motion; `years` of a step are years of trading time (252 days of 6.5 hours). */
interface PriceProcess {
  readonly spot: number;
  /** Expected instantaneous variance per year, jumps included. */
  readonly variance: number;
  /** How often the floor or the cap turned the price back. */
  readonly reflections: number;
  step(years: number): void;
}

/** Jump arrivals per year, their share of the total variance, and their mean log size in units of its root mean square. */
const JUMPS = { perYear: 60, varianceShare: 0.3, lean: -0.4 } as const;

/** Speed of reversion per year, correlation with returns, and vol of vol as a share of Feller's bound. */
const HESTON = { reversion: 6, correlation: -0.7, fellerShare: 0.9 } as const;

/** A process of the model, started at its long-run variance. */
export function priceProcess(model: SynthModel, options: ProcessOptions): PriceProcess {
  return STARTS[model](options);
}

const STARTS: Readonly<Record<SynthModel, (options: ProcessOptions) => PriceProcess>> = {
  gbm: (options) => {
    const variance = options.volatility ** 2;
    return reflected(options, variance, (years) => diffusion(options, variance, years, options.random.normal()));
  },
  merton,
  heston,
};

/** Exact log-normal increment of the log price. */
function diffusion(options: ProcessOptions, variance: number, years: number, z: number): number {
  return (options.drift - variance / 2) * years + Math.sqrt(variance * years) * z;
}

/**
 * Merton (1976): log-normal jumps on top of a diffusion whose variance is what the jumps leave over, drift compensated
 * so that the expected price is the one of gbm.
 */
function merton(options: ProcessOptions): PriceProcess {
  const total = options.volatility ** 2;
  const rootMeanSquare = Math.sqrt((JUMPS.varianceShare * total) / JUMPS.perYear);
  const mean = JUMPS.lean * rootMeanSquare;
  const deviation = rootMeanSquare * Math.sqrt(1 - JUMPS.lean ** 2);
  const compensation = JUMPS.perYear * (portableExp(mean + deviation ** 2 / 2) - 1);
  const diffusive = (1 - JUMPS.varianceShare) * total;
  return reflected(options, total, (years) => {
    let change = diffusion(options, diffusive, years, options.random.normal()) - compensation * years;
    for (let left = arrivals(options.extra, JUMPS.perYear * years); left > 0; left--) {
      change += mean + deviation * options.extra.normal();
    }
    return change;
  });
}

/** Heston (1993), full truncation (Lord, Koekkoek, van Dijk 2010): the price stays an exact martingale after drift. */
function heston(options: ProcessOptions): PriceProcess {
  const longRun = options.volatility ** 2;
  const volOfVol = HESTON.fellerShare * Math.sqrt(2 * HESTON.reversion * longRun);
  const independent = Math.sqrt(1 - HESTON.correlation ** 2);
  let variance = longRun;
  const move = (years: number): number => {
    const floored = Math.max(variance, 0);
    const z = options.random.normal();
    const zVariance = HESTON.correlation * z + independent * options.extra.normal();
    variance += HESTON.reversion * (longRun - floored) * years + volOfVol * Math.sqrt(floored * years) * zVariance;
    return diffusion(options, floored, years, z);
  };
  return reflected(options, () => Math.max(variance, 0), move);
}

/** A process that adds log increments and mirrors the price at the floor and the cap. */
function reflected(
  options: ProcessOptions,
  variance: number | (() => number),
  increment: (years: number) => number,
): PriceProcess {
  const { floor, cap } = options;
  let spot = options.spot;
  let reflections = 0;
  return {
    get spot() {
      return spot;
    },
    get variance() {
      return typeof variance === 'number' ? variance : variance();
    },
    get reflections() {
      return reflections;
    },
    step(years) {
      spot *= portableExp(increment(years));
      while (spot < floor || spot > cap) {
        spot = spot < floor ? (floor * floor) / spot : (cap * cap) / spot;
        reflections += 1;
      }
    },
  };
}

/** Poisson count of mean `mean`: exact by inversion up to 100, a rounded normal beyond (never reached by jumps). */
export function arrivals(random: RandomStream, mean: number): number {
  if (mean > 100) return Math.max(0, Math.round(mean + Math.sqrt(mean) * random.normal()));
  let probability = portableExp(-mean);
  let left = random.uniform();
  let count = 0;
  while (left > probability && count < 1000) {
    left -= probability;
    count += 1;
    probability *= mean / count;
  }
  return count;
}

/** Pareto-tailed integer from 1 to `most`: many ones, few large (tail index 1 / `weight`). */
export function heavyTailed(random: RandomStream, scale: number, weight: number, most: number): number {
  return Math.min(most, Math.max(1, Math.floor(scale * portableExp(-weight * portableLog(random.uniform())))));
}
