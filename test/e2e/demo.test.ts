import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { ended, gex, startGex } from '../helpers/gex.js';

/** Something else listens on the port, here or already. */
async function occupy(port: number): Promise<void> {
  const other = createServer();
  await new Promise<void>((resolve) => {
    other.once('error', () => resolve()).listen(port, '127.0.0.1', resolve);
  });
  onTestFinished(() => void other.close());
}

test('the demo checks every address itself, exits 0 and leaves nothing behind', async () => {
  const tmp = tempFolder();
  const { code, stdout } = await gex(['demo', '--check', '--json', '--quiet'], {
    env: { TMPDIR: tmp, GEX_CHAIN: 'nothing.json' },
  });
  expect(code).toBe(0);
  const { schema, tickers, checks } = JSON.parse(stdout);
  expect([schema, tickers]).toEqual(['gex-demo/1', ['SPX', 'SPY']]);
  expect(checks.length).toBeGreaterThan(35);
  expect(checks.filter((check: { fault?: string }) => check.fault !== undefined)).toEqual([]);
  expect(readdirSync(tmp)).toEqual([]);
});

test('the demo shows the session, the levels and the addresses, on a free port when its own is taken', async () => {
  await occupy(8080);
  const tmp = tempFolder();
  const child = startGex(['demo', '--quiet'], { env: { TMPDIR: tmp } });
  const result = ended(child);
  const lines = createInterface(child.stdout);
  let health = '';
  for await (const line of lines) {
    if (line.startsWith('health\t')) health = line.slice('health\t'.length);
    if (line.includes('Ctrl-C')) break;
  }
  expect(health).toMatch(/^http:\/\/127\.0\.0\.1:(?!8080\/)\d+\/health$/);
  const answer = await fetch(health);
  expect(await answer.json()).toMatchObject({ status: 'ok' });
  expect(readdirSync(tmp)).toHaveLength(1);
  child.kill('SIGTERM');
  await once(child, 'close');
  const { code, stderr } = await result;
  expect([code, stderr]).toEqual([130, 'gex: stopped by SIGTERM\n']);
  expect(readdirSync(tmp)).toEqual([]);
});
