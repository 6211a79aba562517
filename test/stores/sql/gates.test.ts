import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/stores/sql/open.js';
import { Child } from '../../helpers/child.js';
import { inEachDialect } from '../../helpers/dialects.js';
import { tempFolder } from '../../helpers/folder.js';

const NOON = Date.UTC(2025, 11, 5, 17);

inEachDialect((onStore) => {
  onStore('slots follow each other at the pace, the first ones at once', async ({ gates }) => {
    const waits: number[] = [];
    for (let i = 0; i < 6; i++) waits.push(await gates.reserve('api', { intervalMs: 500, burst: 3, nowMs: NOON }));
    expect(waits).toEqual([0, 0, 0, 500, 1000, 1500]);
    expect(await gates.reserve('api', { intervalMs: 500, burst: 3, nowMs: NOON + 60_000 })).toBe(0);
    expect(await gates.reserve('other', { intervalMs: 500, burst: 1, nowMs: NOON })).toBe(0);
  });

  onStore('a hold lets nobody through, and no burst after it', async ({ gates }) => {
    await gates.hold('api', NOON + 20_000);
    await gates.hold('api', NOON + 10_000);
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) waits.push(await gates.reserve('api', { intervalMs: 500, burst: 4, nowMs: NOON }));
    expect(waits).toEqual([20_000, 20_500, 21_000]);
  });

  onStore('a clock that was set back a day waits a quarter of an hour at most', async ({ gates }) => {
    const pace = { intervalMs: 500, burst: 1 };
    await gates.hold('api', NOON + 60_000);
    await gates.reserve('api', { ...pace, nowMs: NOON });
    expect(await gates.reserve('api', { ...pace, nowMs: NOON - 86_400_000 })).toBeLessThanOrEqual(15 * 60_000);
  });

  onStore('no window of time has more slots than pace and burst allow', async ({ gates }) => {
    let gate = 0;
    const steps = fc.array(fc.integer({ min: 0, max: 3000 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 5 }), async (sleeps, burst) => {
        const intervalMs = 400;
        const name = `gate ${gate++}`;
        const slots: number[] = [];
        let nowMs = NOON;
        for (const ms of sleeps) {
          nowMs += ms;
          slots.push(nowMs + (await gates.reserve(name, { intervalMs, burst, nowMs })));
        }
        for (let i = burst; i < slots.length; i++) {
          const within = (slots[i] as number) - (slots[i - burst] as number);
          expect(within).toBeGreaterThanOrEqual(intervalMs - 1e-6);
        }
      }),
      { numRuns: 20 },
    );
  });
});

test('four processes never take the same slot', async () => {
  const path = join(tempFolder(), 'gex.db');
  await (await openStore(path)).close();
  const code = `
    const { openStore } = await gex('stores/sql/open.ts');
    const { gates } = await openStore(${JSON.stringify(path)});
    const slots = [];
    for (let i = 0; i < 25; i++) slots.push(await gates.reserve('api', { intervalMs: 500, burst: 1, nowMs: ${NOON} }));
    console.log(JSON.stringify(slots));`;
  const lines = await Promise.all([1, 2, 3, 4].map(() => new Child(code).line()));
  const slots = lines.flatMap((line) => JSON.parse(line ?? '[]') as number[]);
  expect(slots.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i * 500));
});
