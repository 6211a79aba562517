import { appendFileSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tradingDays } from '../../src/core/calendar.js';
import { tempFolder } from '../helpers/folder.js';
import { gex } from '../helpers/gex.js';
import { keyOf, writeRecords } from '../helpers/record-files.js';

const SPAN = ['--from', '2025-11-26', '--to', '2025-11-28'];
const archive = (folder: string, ...args: string[]) => gex(['archive', ...args], { folder });
const jsonOf = async (folder: string, ...args: string[]) => {
  const { stdout, code } = await archive(folder, ...args, '--json', '-q');
  return { ...JSON.parse(stdout), code };
};

test('gex archive adopts, audits, finds damage, exports and prunes', async () => {
  const folder = tempFolder();
  const root = join(folder, 'data');
  const paths = tradingDays('2025-11-26', '2025-11-28').map((date) => writeRecords(root, keyOf(date)));
  const listed = await archive(folder, 'list');
  expect([listed.code, listed.stdout.split('\n')[1]]).toEqual([
    0,
    expect.stringMatching(/^2025-11-26\tSPX\t1\t\t\d+\t\t09:30:00\t16:00:00\t0\t$/),
  ]);
  expect(existsSync(join(root, 'gex.db'))).toBe(false);
  const adopted = await jsonOf(folder, 'verify', '--adopt');
  expect(adopted).toMatchObject({ schema: 'gex-archive-verify/1', counts: { adopted: 2 }, code: 0 });
  expect(await jsonOf(folder, 'audit', ...SPAN)).toMatchObject({
    ...{ schema: 'gex-archive-audit/1', sessions: 2, expected: 2, held: 2, holes: 0, unlisted: 0, code: 0 },
  });
  appendFileSync(paths[1] ?? '', '{}\n');
  const verified = await archive(folder, 'verify');
  expect([verified.code, verified.stderr]).toEqual([8, expect.stringContaining('gex download 2025-11-28 --force')]);
  const wanted = await archive(folder, 'audit', ...SPAN, '--tickers', 'SPX,SPY', '--categories', 'classic/full');
  expect([wanted.code, wanted.stderr]).toEqual([8, expect.stringContaining('3 of 4 files are not held')]);
  const zip = await jsonOf(folder, 'export', '--output', 'out.zip');
  expect(zip).toMatchObject({ schema: 'gex-archive-export/1', format: 'zip', files: 2, code: 0 });
  const plan = await jsonOf(folder, 'prune', '--older-than', '2025-11-28');
  expect(plan).toMatchObject({ schema: 'gex-archive-prune/1', removed: false, files: 1, code: 0 });
  const both = await jsonOf(folder, 'prune', '--older-than', '2025-11-28', '--yes', '--dry-run');
  expect([both.removed, existsSync(paths[0] ?? '')]).toEqual([false, true]);
  expect((await jsonOf(folder, 'prune', '--older-than', '2025-11-28', '--yes')).removed).toBe(true);
  expect([existsSync(paths[0] ?? ''), existsSync(paths[1] ?? '')]).toEqual([false, true]);
  const left = await jsonOf(folder, 'list');
  expect(left).toMatchObject({ schema: 'gex-archive-list/1', files: 1, code: 0 });
});

test('gex archive audit expects what is configured for gex download', async () => {
  const folder = tempFolder();
  writeRecords(join(folder, 'data'), keyOf('2025-11-28'));
  writeFileSync(join(folder, 'mine.yaml'), 'tickers: [SPX, NDX]\npackages:\n  state:\n    enabled: false\n');
  const report = await jsonOf(folder, 'audit', ...SPAN, '--config', 'mine.yaml');
  expect(report).toMatchObject({ tickers: ['SPX', 'NDX'], sessions: 2, expected: 12, held: 1, code: 8 });
});

test.each([
  [['clean'], 'list'],
  [['list', '--yes'], 'gex archive list does not take --yes'],
  [['audit', '--categories', 'nope,classic/nope'], 'no category classic/nope'],
  [['prune'], 'needs --older-than'],
  [['export'], 'needs --output'],
  [['list', '--from', '2025-11-28', '--to', '2025-11-26'], 'give the first date first'],
])('gex archive %j is refused with one error', async (args, message) => {
  const { code, stderr } = await archive(tempFolder(), ...args);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
});
