import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { gex, startGex } from '../helpers/gex.js';
import { archiveOf, DATE, fixtureF } from '../server/fixture.js';

it.each([
  ['SIGINT', 130, 'gex: stopped by SIGINT\n'],
  ['SIGTERM', 0, ''],
] as const)('serve --json prints one ready line, serves, and ends on %s with %i', async (signal, code, message) => {
  const child = startGex(['serve', '--data-dir', await fixtureF(), '--port', '0', '--json']);
  const exit = once(child, 'exit');
  const errors = text(child.stderr);
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
  await once(reader, 'line');
  const ready = JSON.parse(lines[0] ?? '');
  expect(ready).toMatchObject({ schema: 'gex-serve/1', date: DATE, files: 10, tickers: ['ES_SPX', 'SPX'] });
  const answer = await fetch(`${ready.url}/v2/SPX/classic/gex_zero?key=me`);
  expect(answer.status).toBe(200);
  await answer.text();
  child.kill(signal);
  expect(await exit).toEqual([code, null]);
  expect(lines).toHaveLength(1);
  expect(await errors).toBe(message);
});

it('serve on a port in use says so in one sentence and exits 2', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const { code, stdout, stderr } = await gex(['serve', '--data-dir', await fixtureF(), '--port', String(port)]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(new RegExp(`^gex: Port ${port} on 127\\.0\\.0\\.1 is in use; .*\\n$`));
});

it('serve without any day names gex synth and exits 7', async () => {
  const { code, stdout, stderr } = await gex(['serve', '--data-dir', await archiveOf({})]);
  expect([code, stdout]).toEqual([7, '']);
  expect(stderr).toMatch(/^gex: No market day is held in .*gex synth.*\n$/);
});
