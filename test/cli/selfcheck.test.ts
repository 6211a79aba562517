import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CheckResult, checkServer } from '../../src/cli/selfcheck.js';
import { DATE, fixtureF, serve } from '../server/fixture.js';

const never = new AbortController().signal;

function faultsOf(results: readonly CheckResult[]): Record<string, string> {
  return Object.fromEntries(results.flatMap(({ path, fault }) => (fault === undefined ? [] : [[path, fault]])));
}

test('the check finds what a server does not have, and nothing else', async () => {
  const root = await fixtureF();
  const { url } = await serve({ root });
  const results = await checkServer({ url, root, date: DATE, tickers: ['SPX'] }, never);
  const absent = ['classic/gex_one', 'state/gex_full', 'state/gex_one'].map((stream) => `/v2/SPX/${stream}`);
  const greeks = ['delta', 'vanna', 'charm'].map((greek) => `/v2/SPX/state/${greek}_zero`);
  const ones = ['delta', 'gamma', 'vanna', 'charm'].map((greek) => `/v2/SPX/state/${greek}_one`);
  expect(Object.keys(faultsOf(results)).sort()).toEqual([...absent, ...greeks, ...ones].sort());
  expect(new Set(Object.values(faultsOf(results)))).toEqual(new Set(['status 404 instead of 200']));
});

test('the check finds records that are not the stored bytes, another date and absent tickers', async () => {
  const root = await fixtureF();
  const { url } = await serve({ root });
  const other = await fixtureF();
  await writeFile(join(other, DATE, 'SPX', 'classic', 'gex_zero.jsonl'), '{"timestamp":1777492798}\n');
  await appendFile(join(other, DATE, 'SPX', 'classic', 'gex_full.jsonl'), '{"timestamp":1777492801}\n');
  const faults = faultsOf(await checkServer({ url, root: other, date: DATE, tickers: ['SPX', 'NDX'] }, never));
  expect(faults['/v2/SPX/classic/gex_zero']).toMatch(/^\d+ bytes differ from the 24 of .*gex_zero\.jsonl$/);
  expect(faults['/v2/SPX/classic/gex_full']).toBeUndefined();
  expect(faults['/tickers?loaded=true']).toBe('tickers lack NDX');
  const wrongDate = await checkServer({ url, root, date: '2026-04-28', tickers: [] }, never);
  expect(faultsOf(wrongDate)).toMatchObject({
    '/health': 'data_date is "2026-04-29" instead of "2026-04-28"',
    '/available-dates': 'dates lack 2026-04-28',
  });
});
