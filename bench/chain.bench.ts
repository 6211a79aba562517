// Reading a Cboe chain to columns against JSON.parse of the same text, and the CSV and gzip forms for information.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { readChainText } from '../src/wire/chain-text.js';
import { writeGexChain } from '../src/wire/gex-chain.js';
import type { Figure } from './figure.js';

const REAL = '../shared/data/cboe-json/spx_2026-08-19_rebuilt.json.gz';
const ROUNDS = 15;

export async function bench(): Promise<readonly Figure[]> {
  const isReal = existsSync(REAL);
  const cboe = isReal ? gunzipSync(readFileSync(REAL)).toString('latin1') : generated();
  const { contracts } = readChainText(cboe, 'bench');
  const own = writeGexChain(readChainText(cboe, 'bench'));
  const [parse, read, parseOwn, readOwn] = medians([
    () => JSON.parse(cboe),
    () => readChainText(cboe, 'bench'),
    () => JSON.parse(own),
    () => readChainText(own, 'bench'),
  ]) as [number, number, number, number];
  const what = `${isReal ? 'SPX 2026-08-19' : 'generated'}, ${contracts.length} contracts`;
  const note = (ours: number, bare: number): string => `${ours.toFixed(0)} ms against ${bare.toFixed(0)} ms`;
  return [
    {
      name: `Cboe JSON to columns (${what})`,
      value: read / parse,
      unit: 'x JSON.parse',
      atMost: 1.5,
      note: note(read, parse),
    },
    {
      name: 'gex-chain/1 to columns, same chain',
      value: readOwn / parseOwn,
      unit: 'x JSON.parse',
      note: note(readOwn, parseOwn),
    },
  ];
}

/** Median milliseconds of each, in interleaved rounds, so that a busy machine slows all alike. */
function medians(works: readonly (() => unknown)[]): number[] {
  const times = works.map((): number[] => []);
  for (let round = -3; round < ROUNDS; round++) {
    works.forEach((work, i) => {
      const start = performance.now();
      work();
      if (round >= 0) times[i]?.push(performance.now() - start);
    });
  }
  return times.map((all) => all.sort((a, b) => a - b)[ROUNDS >> 1] as number);
}

/** A body of 30,000 contracts in Cboe's layout: 50 expiries of 300 strikes, calls and puts. */
function generated(): string {
  const options: object[] = [];
  for (let day = 0; day < 50; day++) {
    const date = new Date(Date.UTC(2026, 7, 20 + day)).toISOString().slice(2, 10).replaceAll('-', '');
    for (let k = 0; k < 300; k++) {
      for (const right of 'CP') {
        const strike = 4000 + 25 * k;
        const price = 0.05 + Math.abs(strike - 7700) / 7;
        const symbol = `SPXW${date}${right}${String(strike * 1000).padStart(8, '0')}`;
        options.push({
          option: symbol,
          bid: Number(price.toFixed(2)),
          bid_size: 10.5,
          ask: Number((price * 1.01).toFixed(2)),
          ask_size: 12.5,
          iv: Number((0.1 + (k % 97) / 1000).toFixed(4)),
          open_interest: (k * 7) % 5000,
          volume: (k * 13) % 900,
          delta: 0.1234,
          gamma: 0.0012,
          vega: 1.2345,
          theta: -0.1234,
          rho: 0.0567,
          theo: Number(price.toFixed(4)),
          change: -1.25,
          open: 1.5,
          high: 2.5,
          low: 0.5,
          last_trade_price: Number(price.toFixed(2)),
          last_trade_time: k % 4 === 0 ? null : '2026-08-19T10:34:07',
          percent_change: 0.329302,
          prev_day_close: 1.69995117188,
        });
      }
    }
  }
  const data = { options, symbol: '^SPX', current_price: 7707.98, close: 7707.98 };
  return JSON.stringify({ timestamp: '2026-08-19 21:58:45', data, symbol: '^SPX' });
}
