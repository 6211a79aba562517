import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../src/server/start.js';
import { addFiles, bearer, DATE, DEFAULTS, fixtureF, recordingCtx, SAMPLES } from './fixture.js';

const NEXT = '2026-04-30';
const FULL = '/v2/SPX/classic/gex_full';

/** A server over fixture F that looks for newer days when `look` is called; it resolves when the look is over. */
async function following(date = 'latest') {
  const root = await fixtureF();
  const { ctx, lines } = recordingCtx();
  let naps = 0;
  let wake: (() => void) | undefined;
  let asleep: (() => void) | undefined;
  const clock = {
    now: () => Date.now(),
    sleep: (_ms: number, signal?: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
        naps += 1;
        wake = resolve;
        asleep?.();
      }),
  };
  const server = await startServer({ ...DEFAULTS, root, date, reloadEveryMs: 1000 }, { ...ctx, clock });
  onTestFinished(() => server.close());
  const get = async (path: string) =>
    (await fetch(server.url + path, { headers: bearer() })).json() as Promise<Record<string, unknown>>;
  const look = async (): Promise<void> => {
    const slept = new Promise<void>((resolve) => {
      asleep = resolve;
    });
    wake?.();
    await slept;
  };
  return { server, root, lines, get, look, naps: () => naps };
}

const dayOf = (date: string, ticker = 'SPX') => ({ [`${date}/${ticker}/classic/gex_full.jsonl`]: `${SAMPLES.gex}\n` });

it('a newer day is served once its files have settled, every key at its first record', async () => {
  const { root, get, look, lines } = await following();
  await get(FULL);
  await addFiles(root, dayOf(NEXT));
  await look();
  expect((await get('/current-date')).current_date).toBe(DATE);
  await addFiles(root, dayOf(NEXT, 'QQQ'));
  await look();
  expect((await get('/current-date')).current_date).toBe(DATE);
  await look();
  expect(await get('/current-date')).toMatchObject({ current_date: NEXT, files_loaded: 2 });
  expect((await get(FULL)).timestamp).toBe(1777492800);
  expect(lines.map((line) => line.message)).toContain(`a newer day landed: serving ${NEXT} from its first record`);
});

it('an older day that lands, and a look that fails, change nothing', async () => {
  const { root, get, look } = await following();
  await get(FULL);
  await addFiles(root, dayOf('2026-04-28'));
  for (const _ of [1, 2, 3]) await look();
  await rm(join(root, DATE), { recursive: true });
  for (const _ of [1, 2, 3]) await look();
  expect((await get(FULL)).timestamp).toBe(1777492799);
});

it('after /reload-date to another day that day stays', async () => {
  const { root, server, get, look, lines } = await following();
  await addFiles(root, { ...dayOf('2026-04-28'), ...dayOf(NEXT) });
  const body = JSON.stringify({ date: '2026-04-28' });
  expect((await fetch(`${server.url}/reload-date`, { method: 'POST', body })).status).toBe(200);
  void look();
  await expect
    .poll(() => lines.map((line) => line.message))
    .toContain('newer days are not followed any more: 2026-04-28 was loaded by request');
  expect((await get('/current-date')).current_date).toBe('2026-04-28');
});

it('a server that was given a date does not look', async () => {
  expect((await following()).naps()).toBe(1);
  expect((await following(DATE)).naps()).toBe(0);
});
