import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import Sqlite from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { homeOf } from '../../../src/server/workers/home.js';
import { gex } from '../../helpers/gex.js';
import { connectTo } from '../sockets/clients.js';
import { ask, FIRST, FULL, isAlive, KEYS, longDay, post, serveWorkers } from './serving.js';

const foldersIn = (temp: string): readonly string[] => readdirSync(temp).filter((name) => name.startsWith('gex-'));

it('a worker that is killed is replaced, and the keys of the others do not notice', async () => {
  const plan = { faults: [{ fault: 'stale', probability: 0.5, records: 1 }], seed: 3 };
  const { url, pids, story } = await serveWorkers({ root: await longDay(100), workers: 2 });
  const others = KEYS.filter((key) => homeOf(key, 2) === 1).slice(0, 5);
  const [victim = ''] = KEYS.filter((key) => homeOf(key, 2) === 0);
  await post(`${url}/faults`, { ...plan, faults: [] });
  for (const key of [...others, victim]) expect((await ask(url + FULL, { key })).json.timestamp).toBe(FIRST);
  await post(`${url}/faults`, plan);
  const [pid = 0] = pids();
  process.kill(pid, 'SIGKILL');
  await expect
    .poll(() => story.join('\n'))
    .toMatch(/worker 1 ended \(killed by SIGKILL\) and is replaced; its API keys start over/);
  for (const key of others) expect((await ask(`${url}/whoami`, { key })).status).toBe(200);
  const status = () => ask(`${url}/whoami`, { key: victim }).then((answer) => answer.status);
  await expect.poll(status, { timeout: 20_000 }).toBe(200);
  expect(pids()).not.toContain(pid);
  // The replacement has what was set since the start.
  expect((await ask(`${url}/faults`)).json).toMatchObject({ active: true, seed: 3 });
  await post(`${url}/faults`, { faults: [] });
  expect((await ask(url + FULL, { key: victim })).json.timestamp).toBe(FIRST);
  for (const key of others) expect((await ask(url + FULL, { key })).json.timestamp).toBe(FIRST + 1);
});

it('no process and no folder is left behind when the first process is killed', async () => {
  const { child, pids, exit, temp } = await serveWorkers({ root: await longDay(10), workers: 3 });
  expect(pids().filter(isAlive)).toHaveLength(3);
  child.kill('SIGKILL');
  await exit;
  await expect.poll(() => pids().filter(isAlive), { timeout: 20_000 }).toEqual([]);
  expect(foldersIn(temp)).toEqual([]);
});

it('SIGTERM lets requests under way finish and says farewell to sockets, in every worker', async () => {
  const { url, child, exit, pids, temp } = await serveWorkers({ root: await longDay(10), workers: 2 });
  const { hostname, port } = new URL(url);
  const { websocket_urls: urls } = (await ask(`${url}/negotiate`, { key: 'key-0' })).json;
  const client = await connectTo(urls.classic);
  const body = JSON.stringify({ groups: ['SPX_classic_gex_full'] });
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const answer = text(socket);
  socket.write(
    `POST /negotiate?key=key-1 HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`,
  );
  await expect.poll(async () => (await ask(`${url}/metrics`)).text).toContain('gex_websocket_clients{hub="classic"} 1');
  child.kill('SIGTERM');
  expect(await client.closed()).toEqual([1001, 'the server is stopping']);
  await expect(ask(`${url}/health`)).rejects.toThrow();
  socket.write(body.slice(5));
  expect(await answer).toMatch(/^HTTP\/1\.1 200 .*websocket_urls/s);
  expect(await exit).toBe(0);
  expect(pids().filter(isAlive)).toEqual([]);
  expect(foldersIn(temp)).toEqual([]);
});

it('positions in SQLite go on after a restart with another number of workers', async () => {
  const root = await longDay(100);
  const env = { PLAYBACK_STORE: 'sqlite', PLAYBACK_MAX_KEYS: '1000' };
  const first = await serveWorkers({ root, workers: 3, env });
  const keys = KEYS.slice(0, 12);
  for (const [i, key] of keys.entries()) {
    for (let turn = 0; turn <= i; turn++) await ask(first.url + FULL, { key });
  }
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);
  const rows = new Sqlite(`${root}/playback.db`, { readonly: true });
  onTestFinished(() => void rows.close());
  expect(rows.prepare('select count(*) count from positions').get()).toEqual({ count: 12 });
  const second = await serveWorkers({ root, workers: 2, env });
  for (const [i, key] of keys.entries()) {
    expect((await ask(second.url + FULL, { key })).json.timestamp).toBe(FIRST + i + 1);
  }
  expect((await post(`${second.url}/reload-date`, { date: '2026-04-29' })).status).toBe(200);
  for (const key of keys) expect((await ask(second.url + FULL, { key })).json.timestamp).toBe(FIRST);
});

it('what several workers cannot do is one usage error', async () => {
  const root = await longDay(2);
  const run = (...args: string[]) => gex(['serve', '--data-dir', root, '--port', '0', ...args]);
  const shared = await run('--workers', '3', '--playback', 'clock', '--playback-clock', 'shared');
  expect(shared).toEqual({
    code: 2,
    stdout: '',
    stderr:
      'gex: --playback-clock shared with --workers 3 needs --playback-store redis: one clock cannot be in the memory of several processes.\n',
  });
  for (const count of ['0', '65', 'two']) {
    const { code, stderr } = await run('--workers', count);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--workers.*a whole number from 1 to 64/);
  }
  const missing = await run('--workers', '2', '--date', '2020-01-02');
  expect([missing.code, missing.stdout]).toEqual([7, '']);
});

it('a port in use ends every worker, in one sentence', async () => {
  const { url } = await serveWorkers({ root: await longDay(2), workers: 2 });
  const root = await longDay(2);
  const taken = await gex(['serve', '--data-dir', root, '--workers', '2', '--port', new URL(url).port]);
  expect([taken.code, taken.stdout]).toEqual([2, '']);
  expect(taken.stderr).toMatch(/^gex: Port \d+ on 127\.0\.0\.1 is in use; .*\n$/);
});
