import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import * as source from '../../src/index.js';

const example = fileURLToPath(new URL('example.mjs', import.meta.url));

it('the example of the library runs on the built package and prints what it says', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [example]);
  expect(stderr).toBe('');
  expect(stdout.split('\n')).toEqual([
    'price 84.09, gamma 0.001559, volatility 0.1500 (ok)',
    'net GEX 5.9 m usd-per-1pct, 10 contracts priced',
    'call wall 6000, put wall 5800',
    'zero gamma 5879.08, 161 spots in the profile',
    'the session after the 4th of July 2026 weekend: 2026-07-06',
    '',
  ]);
});

it('the built package exports what the source does', async () => {
  const name = 'gex-toolkit';
  const built = await import(name);
  expect(Object.keys(built).sort()).toEqual(Object.keys(source).sort());
  for (const name of ['greeks', 'impliedVolatility', 'exposureProfile', 'gammaCurve', 'readChainFile', 'tradingDay']) {
    expect(built[name], name).toBeTypeOf('function');
  }
});
