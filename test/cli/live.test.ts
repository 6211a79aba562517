import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { expect, it } from 'vitest';
import { tempFolder } from '../helpers/folder.js';
import { ended, gex, startGex } from '../helpers/gex.js';
import { archiveOf } from '../server/fixture.js';

it('serve --live --source synth plays a market whose records come one after the other, without any archive', async () => {
  const folder = tempFolder();
  const args = ['serve', '--live', '--source', 'synth', '--tickers', 'SPY', '--speed', '100', '--port', '0', '--json'];
  const child = startGex([...args, '--data-dir', folder], { folder });
  const exit = ended(child);
  const [line] = await once(createInterface(child.stdout), 'line');
  const ready = JSON.parse(line as string);
  expect(ready).toMatchObject({ schema: 'gex-serve/1', live: true, source: 'synth', seed: 1, speed: 100 });
  expect(ready.folder).toBe(`${folder}/synth-live/seed-1-gbm`);
  const seen = new Set<number>();
  await expect
    .poll(
      async () => {
        const answer = await fetch(`${ready.url}/v2/SPY/classic/gex_zero?key=me`);
        seen.add(((await answer.json()) as { timestamp: number }).timestamp);
        return seen.size;
      },
      { timeout: 20_000 },
    )
    .toBeGreaterThan(3);
  expect([...seen]).toEqual([...seen].sort((a, b) => a - b));
  // At another speed than 1 it is a session of the past that plays: records are young by its time, days old by the wall's.
  const health = (await (await fetch(`${ready.url}/health`)).json()) as {
    live: { tickers: { age_seconds: number }[] };
  };
  expect(health.live.tickers[0]?.age_seconds).toBeGreaterThanOrEqual(0);
  expect(health.live.tickers[0]?.age_seconds).toBeLessThan(600);
  const metrics = await (await fetch(`${ready.url}/metrics`)).text();
  expect(Number(/^gex_live_record_age_seconds\{ticker="SPY"\} (\S+)$/m.exec(metrics)?.[1])).toBeLessThan(600);
  child.kill('SIGINT');
  const { code, stderr } = await exit;
  expect([code, stderr]).toEqual([130, 'gex: stopped by SIGINT\n']);
});

it('serve --live of an empty archive waits for its first record', async () => {
  const child = startGex(['serve', '--live', '--port', '0', '--json', '--data-dir', await archiveOf({})]);
  const [line] = await once(createInterface(child.stdout), 'line');
  const { url, files, source } = JSON.parse(line as string);
  expect([files, source]).toEqual([0, 'archive']);
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ playback: 'live', live: { tickers: [] } });
});

it.each([
  [['--live', '--date', '2026-04-29'], '--date: not with --live, live is the day being recorded.'],
  [['--live', '--playback', 'clock'], '--playback: not with --live, records come as they are recorded.'],
  [['--live', '--speed', '5'], '--speed: only with --live --source synth.'],
  [['--seed', '5'], '--seed: only with --live --source synth.'],
  [['--source', 'synth'], '--source: a synthetic session plays with --live only; gex synth makes one to replay.'],
  [['--live', '--source', 'synth', '--speed', 'max'], 'A live session needs a time to play in: give --speed'],
])('serve %j is refused in one sentence', async (args, sentence) => {
  const { code, stdout, stderr } = await gex(['serve', ...args, '--data-dir', tempFolder()]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^gex: .*\n$/);
  expect(stderr).toContain(sentence);
});

it('serve lists every option that contradicts --live at once', async () => {
  const args = ['serve', '--live', '--cache-mode', 'rotation', '--seed', '4'];
  const { code, stderr } = await gex(args, { env: { DATA_MODE: 'memory' } });
  expect(code).toBe(2);
  expect(stderr.split('\n').map((line) => line.trim().split(':')[0])).toEqual(
    expect.arrayContaining(['gex', 'DATA_MODE', '--cache-mode', '--seed']),
  );
});
