import { allocateGreekColumns, greekColumns, type PricingColumns } from '../src/core/blackscholes.js';
import { impliedVolatilityColumns } from '../src/core/impliedvol.js';
import { codyGreekColumns } from './cody.js';
import type { Figure } from './figure.js';
import { medians, seeded } from './measure.js';

const CONTRACTS = 20_000;

/** An index-like chain: 40 expiries from two hours to two years, 250 strikes each, calls and puts, a skewed smile. */
function chain(): PricingColumns {
  const random = seeded(11);
  const column = (): Float64Array => new Float64Array(CONTRACTS);
  const columns = {
    side: new Int8Array(CONTRACTS),
    spot: column().fill(5912.44),
    strike: column(),
    years: column(),
    volatility: column(),
    rate: column().fill(0.043),
    dividendYield: column().fill(0.013),
  };
  for (let i = 0; i < CONTRACTS; i++) {
    const expiry = Math.floor(i / 500);
    const years = 2.283e-4 * Math.exp((expiry / 39) * Math.log(2 / 2.283e-4));
    const sigmas = ((i % 250) / 249) * 8 - 4;
    const volatility = 0.16 - 0.02 * sigmas + 0.006 * sigmas * sigmas + 0.01 * random();
    columns.side[i] = i % 500 < 250 ? 1 : -1;
    columns.years[i] = years;
    columns.strike[i] = 5 * Math.round((5912.44 * Math.exp(sigmas * 0.18 * Math.sqrt(years))) / 5);
    columns.volatility[i] = volatility;
  }
  return columns;
}

/** The same contracts with every row its own expiry, so that nothing can be shared between rows. */
function scattered(inputs: PricingColumns): PricingColumns {
  const random = seeded(12);
  return { ...inputs, years: inputs.years.map((years) => years * (1 + 1e-3 * random())) };
}

export async function bench(): Promise<readonly Figure[]> {
  const inputs = chain();
  const mixed = scattered(inputs);
  const out = allocateGreekColumns(CONTRACTS);
  const reference = allocateGreekColumns(CONTRACTS);
  const price = greekColumns(inputs, { price: new Float64Array(CONTRACTS) }).price;
  const quotes = { ...inputs, price };
  const guess = inputs.volatility.map((volatility, i) => volatility * (i % 2 === 0 ? 1.02 : 0.98));
  const solved = {
    volatility: new Float64Array(CONTRACTS),
    status: new Uint8Array(CONTRACTS),
    errorBound: new Float64Array(CONTRACTS),
  };
  const time = medians({
    cody: () => codyGreekColumns(inputs, reference),
    greeks: () => void greekColumns(inputs, out),
    scattered: () => void greekColumns(mixed, out),
    cold: () => void impliedVolatilityColumns(quotes, solved),
    warm: () => void impliedVolatilityColumns({ ...quotes, guess }, solved),
    still: () => void impliedVolatilityColumns({ ...quotes, guess: inputs.volatility }, solved),
  });
  const each = (milliseconds: number): number => (milliseconds * 1e6) / CONTRACTS;
  return [
    { name: 'Cody erfc loop, price + 12 greeks', value: each(time.cody), unit: 'ns/contract' },
    { name: 'price + 12 greeks', value: each(time.greeks), unit: 'ns/contract' },
    { name: 'price + 12 greeks', value: time.greeks / time.cody, unit: 'x Cody loop', atMost: 1 },
    { name: 'same, every row its own expiry', value: time.scattered / time.cody, unit: 'x Cody loop', atMost: 1 },
    { name: 'implied volatility, cold', value: each(time.cold), unit: 'ns/contract', atMost: 600 },
    { name: 'implied volatility, cold', value: time.cold / time.cody, unit: 'x Cody loop' },
    { name: 'implied volatility, warm start 2 % off', value: time.warm / time.cold, unit: 'x cold' },
    { name: 'implied volatility, warm start unchanged', value: time.still / time.cold, unit: 'x cold' },
  ];
}
