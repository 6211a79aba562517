import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createKeeper } from '../../src/jobs/stream-checkpoint.js';
import { tempFolder } from '../helpers/folder.js';
import { VirtualClock } from '../helpers/virtual-clock.js';
import { recordingCtx } from '../server/fixture.js';

const AT_MS = Date.UTC(2025, 11, 17, 15, 0, 5);
const CHECKPOINT = {
  atMs: AT_MS,
  book: {
    beganMs: Number.NEGATIVE_INFINITY,
    contracts: new Map([
      ['SPY 251217C682', [107, -3, 100, 11_873, 3.05, 3.1, Number.NaN]],
      ['SPY 251217P682.5', [0, 0, 0, Number.NaN, 1 / 3, Number.NaN, 512]],
    ]),
  },
};

function world(root = tempFolder()) {
  const { ctx, lines } = recordingCtx(new VirtualClock(AT_MS + 60_000));
  const keeperOf = (date: string, ticker = 'SPY') => createKeeper({ root, date, ticker }, ctx);
  const warnings = (): readonly string[] => lines.flatMap(({ level, message }) => (level === 'warn' ? [message] : []));
  return { root, path: join(root, '.stream', 'SPY.state.json'), keeperOf, warnings };
}

test('what was kept comes back number by number, also when a record is older or newer than it', async () => {
  const { keeperOf, warnings } = world();
  await keeperOf('2025-12-17').keep(CHECKPOINT);
  for (const lastMs of [AT_MS, AT_MS - 5000, AT_MS + 5000]) {
    expect(await keeperOf('2025-12-17').restore(lastMs)).toMatchObject(CHECKPOINT);
  }
  expect(warnings()).toEqual([]);
});

test('a first session, or the next one, begins at nothing without a word', async () => {
  const { keeperOf, warnings } = world();
  expect(await keeperOf('2025-12-17').restore(Number.NaN)).toBeUndefined();
  await keeperOf('2025-12-17').keep(CHECKPOINT);
  expect(await keeperOf('2025-12-18').restore(Number.NaN)).toBeUndefined();
  expect(warnings()).toEqual([]);
});

test.each([
  ['has nothing of this session', '2025-12-18', AT_MS + 86_400_000],
  ['the records that', '2025-12-17', Number.NaN],
])('a state that is of no use is said: %s', async (said, date, lastMs) => {
  const { keeperOf, warnings } = world();
  await keeperOf('2025-12-17').keep(CHECKPOINT);
  expect(await keeperOf(date).restore(lastMs)).toBeUndefined();
  expect(warnings()).toEqual([expect.stringMatching(new RegExp(`${said}.*: inferred positions of SPY begin at 0$`))]);
});

test('a state of a moment still to come is of another market', async () => {
  const { keeperOf, warnings } = world();
  await keeperOf('2025-12-17').keep({ ...CHECKPOINT, atMs: AT_MS + 3_600_000 });
  expect(await keeperOf('2025-12-17').restore(AT_MS)).toBeUndefined();
  expect(warnings()).toEqual([expect.stringContaining('still to come')]);
});

test('a file with any byte changed, cut anywhere, or of another ticker is one warning and a fresh start', async () => {
  const { path, keeperOf, warnings } = world();
  await keeperOf('2025-12-17').keep(CHECKPOINT);
  const whole = readFileSync(path);
  const damages = fc.oneof(
    fc.nat(whole.length - 1).map((end) => whole.subarray(0, end)),
    fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] as number) ^ bits;
      return bytes;
    }),
    fc.uint8Array({ maxLength: 40 }),
  );
  let damaged = 0;
  await fc.assert(
    fc.asyncProperty(damages, async (bytes) => {
      writeFileSync(path, bytes);
      expect(await keeperOf('2025-12-17').restore(AT_MS)).toBeUndefined();
      damaged += 1;
      expect(warnings()).toHaveLength(damaged);
      expect(warnings().at(-1)).toMatch(/SPY\.state\.json is damaged \(.*\): inferred positions of SPY begin at 0$/);
    }),
    { numRuns: 200 },
  );
  writeFileSync(path, whole);
  await keeperOf('2025-12-17', 'QQQ').keep(CHECKPOINT);
  writeFileSync(path, readFileSync(path.replace('SPY', 'QQQ')));
  expect(await keeperOf('2025-12-17').restore(AT_MS)).toBeUndefined();
  expect(warnings().at(-1)).toContain('it is of QQQ');
});

test('a state that can be neither written nor read is a warning each', async () => {
  const root = tempFolder();
  const { keeperOf, path, warnings } = world(root);
  mkdirSync(path, { recursive: true });
  const keeper = keeperOf('2025-12-17');
  await keeper.keep(CHECKPOINT);
  await keeper.keep(CHECKPOINT);
  expect(warnings()).toEqual(['SPY: a restart would not know the positions of now']);
  expect(await keeper.restore(AT_MS)).toBeUndefined();
  expect(warnings()[1]).toMatch(/^cannot read .*SPY\.state\.json: .*: inferred positions of SPY begin at 0$/);
});
