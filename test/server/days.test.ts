import { describe, expect, it } from 'vitest';
import { daysOr } from '../../src/config/times.js';
import { Replay } from '../../src/server/replay.js';
import { joinFiles } from '../../src/stores/archive/join.js';
import { openStream } from '../../src/stores/archive/read.js';
import { archiveOf, bearer, DEFAULTS, recordingCtx, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';
const RANGE = '2025-11-10..2025-11-14';

const record = (seconds: number): string => `{"timestamp":${seconds}}\n`;

/** Monday, Wednesday and Friday of a week; orderflow on Wednesday only. */
const week = () =>
  archiveOf({
    '2025-11-07/SPX/classic/gex_full.jsonl': record(1),
    '2025-11-10/SPX/classic/gex_full.jsonl': record(10) + record(11),
    '2025-11-12/SPX/classic/gex_full.jsonl': record(1000) + record(1001) + record(1002),
    '2025-11-12/SPX/orderflow/orderflow.jsonl': record(1001),
    '2025-11-14/SPX/classic/gex_full.jsonl': record(2000),
    '2025-11-14/VIX/classic/gex_full.jsonl': '',
  });

describe.each(['memory', 'stream'] as const)('several days in data mode %s', (mode) => {
  it('are one line of records, and the missing sessions are said', async () => {
    const server = await serve({ root: await week(), date: RANGE, mode });
    const seen: unknown[] = [];
    for (let i = 0; i < 7; i++) {
      const { status, text } = await server.get(FULL, bearer());
      seen.push(status === 200 ? JSON.parse(text).timestamp : status);
    }
    expect(seen).toEqual([10, 11, 1000, 1001, 1002, 2000, 404]);
    expect((await server.get('/v2/SPX/orderflow/orderflow', bearer())).json.timestamp).toBe(1001);
    expect((await server.get('/current-date')).json).toMatchObject({
      current_date: RANGE,
      dates: ['2025-11-10', '2025-11-12', '2025-11-14'],
      missing_dates: ['2025-11-11', '2025-11-13'],
      files_loaded: 5,
    });
    expect((await server.get('/health')).json.data_date).toBe(RANGE);
    expect(server.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', message: expect.stringMatching(/lacks 2025-11-11, 2025-11-13/) }),
    );
  });

  it('are sought as one', async () => {
    const server = await serve({ root: await week(), date: RANGE, mode });
    const seek = async (timestamp: number) => {
      await server.post('/seek-to-timestamp', { timestamp, key: 'k' });
      const answer = await server.get(FULL, bearer('k'));
      return answer.status === 200 ? answer.json.timestamp : answer.status;
    };
    const times = [0, 11, 12, 1002, 1500, 2000, 2001];
    const found: unknown[] = [];
    for (const time of times) found.push(await seek(time));
    expect(found).toEqual([10, 11, 1000, 1002, 2000, 2000, 404]);
  });

  it('can be reloaded, and left again for one day', async () => {
    const server = await serve({ root: await week(), mode });
    const swap = await server.post('/reload-date', { date: '2025-11-07..2025-11-10' });
    expect(swap.json).toMatchObject({
      previous_date: '2025-11-14',
      new_date: '2025-11-07..2025-11-10',
      files_loaded: 2,
    });
    expect((await server.get('/current-date')).json.missing_dates).toEqual([]);
    expect((await server.post('/reload-date', { date: '2025-11-12' })).json.files_loaded).toBe(2);
    expect((await server.post('/reload-date', { date: '2025-12-01..2025-12-05' })).status).toBe(400);
  });

  it('have no nights on the clock', async () => {
    let nowMs = 0;
    const clock = { now: () => nowMs, sleep: async () => {} };
    const replay = await Replay.open(
      { ...DEFAULTS, root: await week(), date: RANGE, mode, clock: { owner: 'shared', speed: 1, loop: true } },
      recordingCtx(clock).ctx,
    );
    const instants: number[] = [];
    for (nowMs = 0; nowMs <= 6000; nowMs += 1000) {
      instants.push(((await replay.session.clocks?.read(''))?.instantMs ?? 0) / 1000);
    }
    expect(instants).toEqual([10, 11, 1000, 1001, 1002, 2000, 10]);
    await replay.close();
  });

  it('reads any record of the line, and none outside it', async () => {
    const root = await week();
    const open = (date: string) => openStream(`${root}/${date}/SPX/classic/gex_full.jsonl`, mode);
    const line = joinFiles([await open('2025-11-10'), await open('2025-11-12'), await open('2025-11-14')]);
    const times: number[] = [];
    for (let i = 0; i < line.length; i++) times.push(await line.timestampMs(i));
    expect(times).toEqual([10_000, 11_000, 1_000_000, 1_001_000, 1_002_000, 2_000_000]);
    for (const i of [-1, 6]) expect(() => line.line(i)).toThrow(RangeError);
    await line.close();
  });
});

describe('the date option', () => {
  const type = daysOr(['latest']);

  it.each([
    ['latest', 'latest'],
    ['2025-11-10', '2025-11-10'],
    ['2025-11-10..2025-11-14', '2025-11-10..2025-11-14'],
    ['2025-11-10..2025-11-10', '2025-11-10..2025-11-10'],
    ['2025-11-14..2025-11-10', undefined],
    ['2025-11-10..', undefined],
    ['2025-11-10..latest', undefined],
    ['2025-11-10..2025-11-11..2025-11-12', undefined],
    ['2025-11-31..2025-12-01', undefined],
  ])('%s is %s', (text, value) => {
    expect(type.parse(text)).toBe(value);
  });
});
