import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ConventionOptions } from '../src/core/convention.js';
import { type ExposureProfile, exposureProfile } from '../src/core/exposure.js';
import { readChainFile } from '../src/feeds/file/chain.js';

const DATA = fileURLToPath(new URL('../../shared/data', import.meta.url));
const present = existsSync(DATA);

/** Billions of USD per 1 % as printed in the data folder's README: from the chain's own gamma, every expiry in the file. */
const NAIVE: Readonly<Record<string, number>> = {
  'cboe-json/aapl_2025-06-06.json.gz': 0.2567,
  'cboe-json/ndx_2024-03-22_from-csv.json.gz': 4.1337,
  'cboe-json/qqq_2025-05-09_premarket.json.gz': 1.8856,
  'cboe-json/rut_2023-09-20.json.gz': -1.27,
  'cboe-json/spx_2026-07-22_rebuilt.json.gz': 21.0543,
  'cboe-json/spx_2026-08-19_rebuilt.json.gz': 30.7022,
  'cboe-json/spy_2022-04-01_bare.json.gz': -3.6954,
  'cboe-json/spy_2025-06-06.json.gz': 3.3807,
  'cboe-json/spy_2026-07-22_rebuilt.json.gz': -2.2779,
  'cboe-json/spy_2026-08-19_rebuilt.json.gz': -2.2491,
  'cboe-csv/ndx_2024-03-22.quotedata.csv.gz': 4.1337,
  'cboe-csv/qqq_2024-03-22.quotedata.csv.gz': 0.1957,
  'cboe-csv/spx_2022-12-12_example-prefix.quotedata.csv.gz': -1.0752,
  'cboe-csv/spx_2023-02-28_karl.quotedata.csv.gz': -24.9172,
  'cboe-csv/spx_2023-03-16_karl.quotedata.csv.gz': -14.5739,
  'cboe-csv/spx_2023-09-14.quotedata.csv.gz': 23.3097,
  'cboe-csv/spx_2023-12-09_locale-ru.quotedata.csv.gz': 39.3961,
  'cboe-csv/spx_2026-03-14_locale-en-gb.quotedata.csv.gz': -34.2567,
  'cboe-csv/spy_2022-07-09.quotedata.csv.gz': -2.821,
  'cboe-csv/spy_2023-09-14.quotedata.csv.gz': 4.9428,
};

interface OccRow {
  readonly strike: number;
  readonly calls: readonly (number | null)[];
  readonly puts: readonly (number | null)[];
}

interface Row {
  readonly chain: string;
  readonly quantity: string;
  readonly published: string;
  readonly ours: string;
}

const table: Row[] = [];
const BILLION = 1e9;

async function profileOf(file: string, options: ConventionOptions, asOf?: string): Promise<ExposureProfile> {
  const chain = await readChainFile(`${DATA}/${file}`, asOf === undefined ? {} : { asOfMs: Date.parse(asOf) });
  return exposureProfile(chain, options);
}

function compare(chain: string, quantity: string, published: string, value: number): void {
  const ours = value.toFixed(published.split('.')[1]?.length ?? 0);
  table.push({ chain, quantity, published, ours });
  expect({ chain, quantity, value: ours }).toEqual({ chain, quantity, value: published });
}

const published = (name: string): string => gunzipSync(readFileSync(`${DATA}/published/${name}`)).toString();

describe.skipIf(!present)('published figures (needs ../shared/data)', () => {
  it('lists every chain file', () => {
    const files = ['cboe-json', 'cboe-csv'].flatMap((folder) =>
      readdirSync(`${DATA}/${folder}`)
        .filter((name) => name.endsWith('.gz'))
        .map((name) => `${folder}/${name}`),
    );
    expect(files.sort()).toEqual(Object.keys(NAIVE).sort());
  });

  it.each(Object.entries(NAIVE))('%s has the naive total of its own gamma', async (file, billions) => {
    const { totals } = await profileOf(file, { greeks: 'chain' });
    compare(file, 'net GEX of its own gamma, $bn per 1 %', billions.toFixed(4), totals.netGex / BILLION);
  });

  it.each([
    ['spy', '3.380748'],
    ['aapl', '0.256727'],
  ])('the total of %s on 2025-06-06 is the one published, in total and by strike', async (ticker, total) => {
    const file = `cboe-json/${ticker}_2025-06-06.json.gz`;
    const { totals, byStrike } = await profileOf(file, { greeks: 'chain' });
    compare(file, 'net GEX as published (tradingforcast), $bn per 1 %', total, totals.netGex / BILLION);
    const { expiryData } = JSON.parse(published(`tradingforcast_${ticker}_gamma_2025-06-06.json.gz`));
    compare(file, 'the same to every digit', String(expiryData.all.totalExposure.toFixed(12)), totals.netGex / BILLION);
    // Their labels are strikes without decimals: 172.5 is one of two rows called 172.
    const theirs = new Map<number, { call: number; put: number }>();
    for (const { strike, gamma } of expiryData.all.strikeData) {
      const held = theirs.get(strike) ?? { call: 0, put: 0 };
      theirs.set(strike, { call: held.call + gamma.callExposure, put: held.put + gamma.putExposure });
    }
    const ours = new Map<number, { call: number; put: number }>();
    for (const row of byStrike) {
      const held = ours.get(Math.trunc(row.strike)) ?? { call: 0, put: 0 };
      ours.set(Math.trunc(row.strike), { call: held.call + row.callGex, put: held.put + row.putGex });
    }
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [strike, { call, put }] of theirs) {
      const row = ours.get(strike) ?? { call: Number.NaN, put: Number.NaN };
      expect(Math.abs(row.call / BILLION - call)).toBeLessThan(1e-12);
      expect(Math.abs(row.put / BILLION - put)).toBeLessThan(1e-12);
    }
  });

  it.each([
    ['2023-03-16', '2023-03-17', '-14.57', '3959', 3958.944],
    ['2023-02-28', '2023-03-01', '-24.92', '4049', 4048.942],
  ])('the chart of SPX on %s has its total and its flip', async (date, asOf, total, flip, exact) => {
    const file = `cboe-csv/spx_${date}_karl.quotedata.csv.gz`;
    const { totals, curve } = await profileOf(file, { preset: 'perfiliev' }, `${asOf}T12:00:00Z`);
    compare(file, `net GEX of the chart of ${asOf}, $bn per 1 %`, total, totals.netGex / BILLION);
    compare(file, `flip of the chart of ${asOf}`, flip, curve.zeroGamma);
    expect(curve.zeroGamma).toBeCloseTo(exact, 2);
  });

  it('the SPXW contracts that expired on 2026-08-19 have the open interest published', async () => {
    const file = 'cboe-json/spx_2026-08-19_rebuilt.json.gz';
    const { byExpiry } = await profileOf(file, {});
    const row = byExpiry.find(({ expiry }) => expiry.label === '2026-08-19' && expiry.root === 'SPXW');
    compare(file, 'open interest of 0DTE calls', '122434', row?.callOpenInterest ?? Number.NaN);
    compare(file, 'open interest of 0DTE puts', '233847', row?.putOpenInterest ?? Number.NaN);
  });

  it('the chain of SPY on 2026-08-19 has the open interest that the OCC counts', async () => {
    const file = 'cboe-json/spy_2026-08-19_rebuilt.json.gz';
    const { contracts, openInterest } = await readChainFile(`${DATA}/${file}`);
    const occ = JSON.parse(published('occ_oi_SPY_2026-08-17_and_08-19.json.gz'));
    const pull = occ.pull_dates.indexOf('19-8');
    const theirs = new Map<string, number>();
    for (const [expiry, { rows }] of Object.entries<{ rows: OccRow[] }>(occ.by_expiration)) {
      for (const { strike, calls, puts } of rows) {
        theirs.set(`${expiry} ${strike} 1`, calls[pull] ?? Number.NaN);
        theirs.set(`${expiry} ${strike} -1`, puts[pull] ?? Number.NaN);
      }
    }
    let identical = 0;
    for (let row = 0; row < contracts.length; row++) {
      const expiry = contracts.expiries[contracts.expiry[row] ?? -1]?.label;
      if (theirs.get(`${expiry} ${contracts.strike[row]} ${contracts.side[row]}`) === openInterest[row]) identical++;
    }
    compare(file, 'contracts whose open interest is that of the OCC', '14160', identical);
  });

  it('are compared in test/published.md', async () => {
    const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
    const lines = table.map(({ chain, quantity, published: theirs, ours }) => line([chain, quantity, theirs, ours]));
    const head = [line(['chain', 'quantity', 'published', 'ours']), line(['---', '---', '---:', '---:'])];
    const text = `# Published figures and ours\n\nWritten by \`npx vitest run test/published.test.ts -u\`; sources are in the README of the data folder.\n\n${[...head, ...lines].join('\n')}\n`;
    await expect(text).toMatchFileSnapshot('published.md');
  });
});
