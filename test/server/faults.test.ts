import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseYaml } from '../../src/config/yaml.js';
import { systemClock } from '../../src/io/ctx.js';
import { type FaultPlan, Faults, parseFaultPlan } from '../../src/server/faults.js';
import { nextRecord } from '../../src/server/next-record.js';
import { Replay } from '../../src/server/replay.js';
import { gex } from '../helpers/gex.js';
import { bearer, DEFAULTS, fixtureF, recordingCtx, serve } from './fixture.js';

const FULL = '/v2/SPX/classic/gex_full';

const ALL = (probability: number): FaultPlan => ({
  seed: 7,
  faults: [
    { fault: 'latency', probability, ms: { mean: 10 } },
    { fault: 'status', probability, status: 503 },
    { fault: 'stale', probability, records: 2 },
    { fault: 'drop', probability },
    { fault: 'duplicate', probability },
    { fault: 'delay', probability, ms: 5 },
    { fault: 'truncate', probability },
    { fault: 'disconnect', probability },
  ],
});

function engine(plan: FaultPlan): Faults {
  const faults = new Faults();
  faults.set(plan);
  return faults;
}

const KINDS = ['answer', 'record', 'frame'] as const;

describe('the fault engine', () => {
  it('decides nothing while it is off, or every probability is 0', () => {
    for (const faults of [new Faults(), engine(ALL(0)), engine({ seed: 1, faults: [] })]) {
      expect(faults.active).toBe(false);
      for (const kind of KINDS) expect(faults.decide(kind)).toBeUndefined();
    }
  });

  it('at probability 1 strikes every time, its first row first', () => {
    const faults = engine(ALL(1));
    for (let i = 0; i < 20; i++) {
      expect(faults.decide('answer')).toEqual({ delayMs: expect.any(Number), status: 503 });
      expect(faults.decide('record')).toEqual({ behind: 2 });
      expect(faults.decide('frame')).toEqual({ delayMs: 5, action: 'drop', keep: 1 });
    }
    expect(faults.state.injected).toMatchObject({ '0_latency': 20, '3_drop': 20, '7_disconnect': 20 });
  });

  it('strikes the same way from the same seed, another way from another, whatever other traffic there is', () => {
    const run = (seed: number, disturb: boolean) => {
      const faults = engine({ ...ALL(0.3), seed });
      return Array.from({ length: 200 }, () => {
        if (disturb) faults.decide('answer');
        return faults.decide('frame')?.action;
      });
    };
    expect(run(1, true)).toEqual(run(1, false));
    expect(run(2, false)).not.toEqual(run(1, false));
  });

  it('strikes as often as it is told to', () => {
    const faults = engine({ seed: 3, faults: [{ fault: 'drop', probability: 0.1 }] });
    let struck = 0;
    for (let i = 0; i < 10_000; i++) if (faults.decide('frame')) struck++;
    // 1000 expected with a deviation of 30.
    expect(Math.abs(struck - 1000)).toBeLessThan(150);
  });

  it.each([
    [250, 250, 0],
    [{ from: 100, to: 300 }, 200, 57.7],
    [{ mean: 200 }, 200, 200],
    [{ mean: 500, deviation: 50 }, 500, 50],
  ])('latency %j has its mean and deviation', (ms, mean, deviation) => {
    const faults = engine({ seed: 5, faults: [{ fault: 'latency', probability: 1, ms }] });
    const drawn = Array.from({ length: 20_000 }, () => faults.decide('answer')?.delayMs ?? Number.NaN);
    const average = drawn.reduce((sum, value) => sum + value, 0) / drawn.length;
    const spread = Math.sqrt(drawn.reduce((sum, value) => sum + (value - average) ** 2, 0) / drawn.length);
    // Four deviations of the mean of 20,000 draws.
    expect(Math.abs(average - mean)).toBeLessThanOrEqual((4 * deviation) / Math.sqrt(20_000) + 1e-9);
    expect(Math.abs(spread - deviation)).toBeLessThanOrEqual(0.05 * deviation);
  });

  it('a truncated frame keeps less than all of it', () => {
    const faults = engine({ seed: 5, faults: [{ fault: 'truncate', probability: 1 }] });
    const kept = Array.from({ length: 1000 }, () => faults.decide('frame')?.keep ?? 1);
    expect(Math.max(...kept)).toBeLessThan(1);
    expect(new Set(kept).size).toBe(1000);
  });
});

describe('a fault file', () => {
  it('is a list of rows or a whole plan, in YAML or JSON', () => {
    const rows = parseFaultPlan(parseYaml('- {fault: drop, probability: 0.5}\n', 'f.yaml'), 'f.yaml');
    expect(rows).toEqual({ seed: 1, faults: [{ fault: 'drop', probability: 0.5 }] });
    const json = '{"seed": 9, "faults": [{"fault": "latency", "probability": 1, "ms": {"from": 1, "to": 2}}]}';
    expect(parseFaultPlan(parseYaml(json, 'f.json'), 'f.json').seed).toBe(9);
  });

  it.each([
    ['- {fault: drop, probability: 2}', /is not a list of faults/],
    ['- {fault: explode, probability: 1}', /is not a list of faults/],
    ['- {fault: status, probability: 1, status: 404}', /is not a list of faults/],
    ['- {fault: drop, probability: 1, ms: 5}', /is not a list of faults/],
    ['hello', /is not a list of faults/],
    ['a: [', /is not YAML/],
  ])('%s is a usage error that names the file', (text, message) => {
    expect(() => parseFaultPlan(parseYaml(text, 'f.yaml'), 'f.yaml')).toThrow(message);
  });

  it('that is wrong stops gex serve with exit 2', async () => {
    const root = await fixtureF();
    await writeFile(join(root, 'f.yaml'), '- {fault: drop, probability: 2}\n');
    const { code, stderr } = await gex(['serve', '--data-dir', root, '--port', '0', '--faults', join(root, 'f.yaml')]);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/f\.yaml is not a list of faults:\s+.*faults\.0\.probability/),
    ]);
    expect((await gex(['serve', '--data-dir', root, '--faults', join(root, 'none.yaml')])).code).toBe(7);
  });
});

describe('faults of a server', () => {
  it('at probability 0 change no byte of any answer', async () => {
    const paths = [
      FULL,
      FULL,
      `${FULL}/majors`,
      '/v2/SPX/state/gamma',
      '/v2/SPX/orderflow/orderflow',
      FULL,
      FULL,
      '/x',
    ];
    const answers = async (faults: FaultPlan | undefined) => {
      const server = await serve(faults && { faults });
      const seen: unknown[] = [];
      for (const path of paths) {
        const { status, headers, text } = await server.get(path, bearer());
        seen.push([status, text, [...headers].filter(([name]) => name !== 'date')]);
      }
      return seen;
    };
    expect(await answers(ALL(0))).toEqual(await answers(undefined));
  });

  it('answer with the status, and no position moves', async () => {
    const server = await serve({
      faults: { seed: 1, faults: [{ fault: 'status', probability: 1, status: 429, retry_after: 3 }] },
    });
    const answer = await server.get(FULL, bearer());
    expect([answer.status, answer.json, answer.headers.get('retry-after')]).toEqual([
      429,
      { error: 'This is an injected fault: see /faults.' },
      '3',
    ]);
    expect((await server.get('/tickers')).status).toBe(200);
    expect((await server.get('/health')).json.faults).toEqual({ active: true, seed: 1, count: 1 });
    const off = await server.post('/faults', { faults: [] });
    expect(off.json).toEqual({ active: false, seed: 1, faults: [], injected: {} });
    expect((await server.get(FULL, bearer())).json.timestamp).toBe(1777492798);
  });

  it('wait as long as they are told to', async () => {
    const slept: number[] = [];
    const clock = { ...systemClock, sleep: async (ms: number) => void slept.push(ms) };
    const server = await serve(
      { faults: { seed: 1, faults: [{ fault: 'latency', probability: 1, ms: 1234 }] } },
      clock,
    );
    expect((await server.get(FULL, bearer())).status).toBe(200);
    expect(slept).toEqual([1234]);
  });

  it('serve stale records to REST and sockets, while positions move on', async () => {
    const server = await serve({ faults: { seed: 1, faults: [{ fault: 'stale', probability: 1, records: 1 }] } });
    const seen: unknown[] = [];
    for (let i = 0; i < 4; i++) seen.push((await server.get(FULL, bearer())).json.timestamp);
    expect(seen).toEqual([1777492798, 1777492798, 1777492799, undefined]);

    const faults = ALL(1);
    const replay = await Replay.open({ ...DEFAULTS, root: await fixtureF(), faults }, recordingCtx().ctx);
    const stream = replay.session.library.find('SPX', 'classic', 'full');
    if (!stream) throw new Error('not loaded');
    const turn = { apiKey: 'k', counter: stream.counters.socket, stream };
    const shown = [0, 0, 0].map(() => nextRecord(replay.session, turn, (_, index) => index));
    expect(shown).toEqual([0, 0, 0]);
    expect(nextRecord(replay.session, turn, (_, index) => index)).toBeUndefined();
    await replay.close();
  });

  it('are set by administrators only, and by a plan that makes sense', async () => {
    const server = await serve({ adminToken: 'sesame' });
    expect((await server.post('/faults', { faults: [] })).status).toBe(401);
    expect((await server.get('/faults')).status).toBe(401);
    const admin = { 'x-admin-token': 'sesame' };
    expect((await server.post('/faults', { faults: [] }, { ...admin, origin: 'http://evil.test' })).status).toBe(403);
    expect((await server.post('/faults', { faults: [{ fault: 'drop', probability: 7 }] }, admin)).status).toBe(400);
    expect((await server.post('/faults', ALL(0.5), admin)).json.active).toBe(true);
    expect((await server.get('/faults', admin)).json).toMatchObject({ seed: 7, injected: { '3_drop': 0 } });
  });
});
