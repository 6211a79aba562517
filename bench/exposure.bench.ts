// Exposures and the polished sweep of 20,000 contracts in one thread, against the loop over spots that dashboards run.
import { createChainBuilder } from '../src/core/chain.js';
import { priceBook } from '../src/core/chainvol.js';
import { exposureProfile, exposureProfileOf } from '../src/core/exposure.js';
import type { ChainSnapshot } from '../src/core/model.js';
import { randomStream } from '../src/core/random.js';
import { type Figure, fastest } from './figure.js';

const EXPIRIES = 40;
const STRIKES = 250;
const SPOT = 5900;
const ROUNDS = 15;

export async function bench(): Promise<readonly Figure[]> {
  const chain = generated();
  const book = priceBook(chain, { iv: 'chain' });
  const ours = await fastest(ROUNDS, () => exposureProfileOf(book));
  const whole = await fastest(ROUNDS, () => exposureProfile(chain, { iv: 'chain' }));
  const plain = await fastest(3, () => textbookSweep(chain));
  const { zeros } = exposureProfileOf(book).curve;
  const what = `${chain.contracts.length} contracts, no two volatilities equal, ${zeros.length} zeros`;
  return [
    { name: 'exposures, 161 spots, polished zeros', value: ours * 1000, unit: 'ms', atMost: 45, note: what },
    { name: 'the same from the chain', value: whole * 1000, unit: 'ms', note: 'time, carry and volatilities first' },
    {
      name: 'the same against a textbook loop over 161 spots',
      value: ours / plain,
      unit: 'x textbook',
      atMost: 0.5,
      note: `${(ours * 1000).toFixed(0)} ms against ${(plain * 1000).toFixed(0)} ms without greeks, levels or zeros`,
    },
  ];
}

/** Calls above spot and puts below it are held the most; volatilities have a smile and a little noise. */
function generated(): ChainSnapshot {
  const random = randomStream(1, 'exposure bench');
  const builder = createChainBuilder(2 * EXPIRIES * STRIKES);
  const { iv, openInterest, volume } = builder.columns;
  for (let e = 0; e < EXPIRIES; e++) {
    const expiry = builder.expiry('SPXW', { years: e === 0 ? 2 / 24 / 365 : (0.7 * e * e + 1) / 365 });
    for (let k = 0; k < STRIKES; k++) {
      const strike = 4150 + 14 * k;
      const moneyness = Math.log(strike / SPOT);
      for (const right of ['C', 'P'] as const) {
        const lean = 1 / (1 + Math.exp(((right === 'C' ? -1 : 1) * (strike - SPOT)) / 100));
        const row = builder.add('', expiry, right, strike);
        iv[row] = 0.15 - 0.3 * moneyness + 0.6 * moneyness ** 2 + 0.01 * random.uniform();
        openInterest[row] = Math.floor(5000 * lean * random.uniform());
        volume[row] = Math.floor(800 * random.uniform());
      }
    }
  }
  const source = { kind: 'synth', name: 'bench' } as const;
  return builder.finish({ asOfMs: Date.UTC(2026, 7, 19, 15), spot: SPOT, rate: 0.04, dividendYield: 0.013, source });
}

/** Net gamma at 161 spots, every quantity worked out anew for every contract, as the published scripts do. */
function textbookSweep({ contracts, iv, openInterest }: ChainSnapshot): number {
  let check = 0;
  for (let i = 0; i <= 160; i++) {
    const x = SPOT * (0.8 + (0.4 * i) / 160);
    let net = 0;
    for (let row = 0; row < contracts.length; row++) {
      const sigma = iv[row] as number;
      const years = contracts.expiries[contracts.expiry[row] as number]?.years ?? Number.NaN;
      const width = sigma * Math.sqrt(years);
      const d1 = (Math.log(x / (contracts.strike[row] as number)) + (0.027 + 0.5 * sigma * sigma) * years) / width;
      const density = Math.exp(-0.5 * d1 * d1) / Math.sqrt(2 * Math.PI);
      const gamma = (Math.exp(-0.013 * years) * density) / (x * width);
      net += (contracts.side[row] as number) * gamma * (openInterest[row] as number) * 100 * x * x * 0.01;
    }
    check += net;
  }
  return check;
}
