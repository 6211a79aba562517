import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { addFiles, DATE, SAMPLES } from '../fixture.js';
import { ask, FIRST, FULL, KEYS, longDay, oneConnection, post, serveWorkers } from './serving.js';

const NEXT = '2026-04-30';
const TEN = KEYS.slice(0, 10);
const LATER = FIRST + 500_000;

/** A second day of three records. */
function addNext(root: string): Promise<void> {
  const lines = [0, 1, 2].map((i) => `${SAMPLES.gex.replace('1777492800', String(LATER + i))}\n`);
  return addFiles(root, { [`${NEXT}/SPX/classic/gex_full.jsonl`]: lines.join('') });
}

const timestampsOf = async (url: string): Promise<readonly number[]> =>
  (await Promise.all(TEN.map((key) => ask(url + FULL, { key })))).map(({ json }) => json.timestamp);

const all = (value: number): readonly number[] => TEN.map(() => value);

it('what is asked about the whole server is asked of every worker', async () => {
  const { url } = await serveWorkers({ root: await longDay(20) });
  const agent = oneConnection();
  expect((await ask(`${url}/health`)).json).toMatchObject({ status: 'ok', workers: 3, files_loaded: 1 });

  // Counters: also of answers that one worker passed on for another.
  for (const key of TEN) for (let i = 0; i < 3; i++) await ask(url + FULL, { key, agent });
  const metrics = (await ask(`${url}/metrics`)).text;
  expect(metrics).toContain(
    'gex_http_requests_total{method="GET",route="/{ticker}/classic/{category}",status="200"} 30',
  );
  expect(metrics).toMatch(/^gex_http_request_seconds_count\{.*classic.*\} 30$/m);
  expect(metrics).toMatch(/^gex_playback_keys 10$/m);
  expect(metrics).toMatch(/^gex_loaded_files 1$/m);
  expect(metrics.match(/^# TYPE gex_playback_keys /gm)).toHaveLength(1);

  // Positions.
  const { keys } = (await ask(`${url}/playback`)).json;
  expect(keys).toHaveLength(10);
  for (const key of TEN) {
    const [one, ...others] = (await ask(`${url}/playback?key=${key}`)).json.keys;
    expect(others).toEqual([]);
    expect(one.positions).toEqual([{ data_key: 'SPX/classic', index: 3, length: 20 }]);
  }
  expect((await post(`${url}/seek-to-timestamp`, { key: 'key-3', timestamp: FIRST + 9 })).json.positions_set).toBe(2);
  expect((await ask(url + FULL, { key: 'key-3' })).json.timestamp).toBe(FIRST + 9);
  const refused = await post(`${url}/seek-to-timestamp`, { timestamp: FIRST });
  expect([refused.status, refused.json.error]).toEqual([
    400,
    'Every API key has its own positions: name one as "key".',
  ]);
  expect((await post(`${url}/reset-cache?key=key-4`, {})).json).toMatchObject({ status: 'success', count: 1 });
  expect((await post(`${url}/reset-cache`, {})).json).toMatchObject({ count: 10 - 1 + 1 });
  expect(await timestampsOf(url)).toEqual(all(FIRST));

  // Faults.
  const plan = { seed: 7, faults: [{ fault: 'status', probability: 1, status: 503 }] };
  expect((await post(`${url}/faults`, plan)).json).toMatchObject({ active: true, injected: { '0_status': 0 } });
  for (const key of TEN) expect((await ask(url + FULL, { key, agent })).status).toBe(503);
  expect((await ask(`${url}/faults`)).json).toMatchObject({ seed: 7, injected: { '0_status': 10 } });
  expect((await post(`${url}/faults`, { faults: [{ fault: 'nonsense' }] })).status).toBe(400);
  await post(`${url}/faults`, { faults: [] });
  expect(await timestampsOf(url)).toEqual(all(FIRST + 1));
});

it('another day is served by every worker, or by none', async () => {
  const root = await longDay(20);
  await addNext(root);
  const { url, story } = await serveWorkers({ root, args: ['--date', DATE] });
  expect(await timestampsOf(url)).toEqual(all(FIRST));
  const unknown = await post(`${url}/reload-date`, { date: '2026-01-02' });
  expect([unknown.status, unknown.json]).toEqual([400, { error: 'date not found: 2026-01-02' }]);
  expect(await timestampsOf(url)).toEqual(all(FIRST + 1));

  const both = await Promise.all([1, 2].map(() => post(`${url}/reload-date`, { date: NEXT })));
  expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
  expect(both.find(({ status }) => status === 200)?.json).toMatchObject({
    previous_date: DATE,
    new_date: NEXT,
    files_loaded: 1,
  });
  expect(await timestampsOf(url)).toEqual(all(LATER));
  const moments = await Promise.all(TEN.map(() => ask(`${url}/current-date`)));
  expect(new Set(moments.map(({ json }) => `${json.current_date} ${json.loaded_at}`)).size).toBe(1);

  await rm(join(root, DATE), { recursive: true });
  expect((await post(`${url}/reload-date`, { date: DATE })).status).toBe(400);
  expect(await timestampsOf(url)).toEqual(all(LATER + 1));
  expect((await post(`${url}/reload-date`, { date: NEXT })).status).toBe(200);
  expect(await timestampsOf(url)).toEqual(all(LATER));
  expect(story.filter((line) => / (warn|error) /.test(line))).toEqual([]);
});

it('a day that lands is followed by every worker', async () => {
  const root = await longDay(20);
  const { url } = await serveWorkers({ root, workers: 2, env: { RELOAD_INTERVAL: '50ms' } });
  expect(await timestampsOf(url)).toEqual(all(FIRST));
  await addNext(root);
  await expect.poll(async () => (await ask(`${url}/current-date`)).json.current_date, { timeout: 20_000 }).toBe(NEXT);
  expect(await timestampsOf(url)).toEqual(all(LATER));
});

it('the rules for changing the server hold in whichever worker is asked', async () => {
  const { url } = await serveWorkers({ root: await longDay(20), workers: 2, env: { ADMIN_TOKEN: 'open sesame' } });
  const agents = [oneConnection(), oneConnection(), oneConnection()];
  for (const agent of agents) {
    for (const path of ['/reset-cache', '/v2/reset-cache?key=key-1', '/faults', '/playback']) {
      expect((await post(url + path, {}, { agent })).status).toBe(401);
    }
    const token = { 'x-admin-token': 'open sesame' };
    const page = { ...token, origin: 'http://elsewhere.example' };
    expect((await post(`${url}/reset-cache`, {}, { agent, headers: page })).status).toBe(403);
    const own = { ...token, origin: url };
    expect((await post(`${url}/reset-cache`, {}, { agent, headers: own })).status).toBe(200);
  }
});

it('the requests per second are those of a key, over all connections', async () => {
  const { url } = await serveWorkers({ root: await longDay(20), workers: 2, env: { RATE_LIMIT_PER_SECOND: '0.01' } });
  for (const key of TEN) {
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await ask(url + FULL, { key })).status));
    expect(statuses.sort()).toEqual([200, 429, 429, 429]);
  }
});
