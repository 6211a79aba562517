import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { startGex } from '../helpers/gex.js';

it('gex simulate prints what to export, serves, and leaves on Ctrl-C', async () => {
  const child = startGex([
    'simulate',
    'tradestation',
    '--port',
    '0',
    '--seed',
    '7',
    '--start',
    '2025-12-17T10:00',
    '--json',
  ]);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ready = JSON.parse((await lines.next()).value as string);
  expect(ready).toMatchObject({ schema: 'gex-simulate/1', seed: 7, env: { TRADESTATION_CLIENT_ID: 'standin-client' } });
  const { TRADESTATION_API_URL: api, TRADESTATION_SIGNIN_URL: signIn } = ready.env;
  expect([api, signIn]).toEqual([ready.url, ready.url]);
  expect((await fetch(`${api}/v3/marketdata/quotes/SPY`)).status).toBe(401);
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  expect((await gone)[0]).toBe(0);
});
