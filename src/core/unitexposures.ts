import { GexError } from '../errors.js';
import { greekColumns } from './blackscholes.js';
import type { Book } from './chainvol.js';
import { unitFactor } from './convention.js';
import { exclusionCode, PRICED } from './quotes.js';

/** Exposure per contract of weight 1; NaN where it is not priced. A greek nobody knows has no column. */
export interface UnitExposures {
  readonly gamma: Float64Array;
  readonly delta?: Float64Array;
  readonly vanna?: Float64Array;
  readonly charm?: Float64Array;
}

const DAYS_PER_YEAR = 365;
const VOLATILITY_POINT = 0.01;

/** What one contract of each kind is exposed to, by the convention's greeks, and why others are not priced. */
export function unitExposures(book: Book): { readonly units: UnitExposures; readonly exclusion: Uint8Array } {
  return book.convention.greeks === 'chain' ? chainUnits(book) : { units: ownUnits(book), exclusion: book.exclusion };
}

/** Greeks from the book's volatilities. */
function ownUnits(book: Book): UnitExposures {
  const { contracts, spot, model } = book.chain;
  const rows = pricedRows(book.exclusion);
  const blank = (): Float64Array => new Float64Array(rows.length);
  const inputs = {
    side: new Int8Array(rows.length),
    spot: blank().fill(spot),
    strike: blank(),
    years: blank(),
    volatility: blank(),
    rate: blank().fill(book.rate),
    dividendYield: blank(),
  };
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i] as number;
    const expiry = contracts.expiry[row] as number;
    inputs.side[i] = contracts.side[row] as number;
    inputs.strike[i] = contracts.strike[row] as number;
    inputs.years[i] = book.years[expiry] as number;
    inputs.volatility[i] = book.volatility[row] as number;
    inputs.dividendYield[i] = book.dividendYield[expiry] as number;
  }
  const greeks = greekColumns(inputs, { delta: blank(), gamma: blank(), vanna: blank(), charm: blank() }, model);
  const scatter = (values: Float64Array, factor: number): Float64Array => {
    const out = new Float64Array(contracts.length).fill(Number.NaN);
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      out[row] = (values[i] as number) * factor * (contracts.multiplier[row] as number);
    }
    return out;
  };
  return {
    gamma: scatter(greeks.gamma, unitFactor(book.convention.unit, spot)),
    delta: scatter(greeks.delta, spot),
    vanna: scatter(greeks.vanna, spot * VOLATILITY_POINT),
    charm: scatter(greeks.charm, spot / DAYS_PER_YEAR),
  };
}

function pricedRows(exclusion: Uint8Array): Uint32Array {
  const rows = new Uint32Array(exclusion.length);
  let count = 0;
  for (let row = 0; row < exclusion.length; row++) if (exclusion[row] === PRICED) rows[count++] = row;
  return rows.subarray(0, count);
}

/** The chain's own gamma and delta as they are, whatever the clock says; it has no vanna and no charm. */
function chainUnits({ chain, convention }: Book): { units: UnitExposures; exclusion: Uint8Array } {
  const { vendor, contracts, spot } = chain;
  if (vendor === undefined) {
    throw new GexError('data', `${chain.source.name}: has no greeks of its own; leave out --greeks chain`);
  }
  const noGreeks = exclusionCode('no-greeks');
  const exclusion = Uint8Array.from(vendor.gamma, (gamma) => (Number.isNaN(gamma) ? noGreeks : PRICED));
  const scale = (values: Float64Array, factor: number): Float64Array =>
    values.map((value, row) => value * factor * (contracts.multiplier[row] as number));
  const units = {
    gamma: scale(vendor.gamma, unitFactor(convention.unit, spot)),
    delta: scale(vendor.delta, spot),
  };
  return { units, exclusion };
}
