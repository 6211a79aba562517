import { appendFileSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { listStreams } from '../../../src/stores/archive/days.js';
import { appendGap, gapsPath, readGaps } from '../../../src/stores/archive/gaps.js';
import { tempFolder } from '../../helpers/folder.js';

const DATE = '2025-12-17';
const gap = (from: number, to: number, reason = 'the stream was lost') => ({
  fromMs: from * 1000,
  toMs: to * 1000,
  reason,
});

test('gaps come back by time, and are no record file', async () => {
  const root = tempFolder();
  expect(await readGaps(root, DATE, 'SPY')).toEqual([]);
  await appendGap(root, DATE, 'SPY', gap(200, 300));
  await appendGap(root, DATE, 'SPY', gap(100, 150, 'started late'));
  expect(await readGaps(root, DATE, 'SPY')).toEqual([gap(100, 150, 'started late'), gap(200, 300)]);
  expect(readFileSync(gapsPath(root, DATE, 'SPY'), 'utf8')).toBe(
    '{"from":200,"to":300,"reason":"the stream was lost"}\n{"from":100,"to":150,"reason":"started late"}\n',
  );
  expect(await listStreams(root, DATE)).toEqual([]);
});

test('a gap that was filled later replaces what was said before', async () => {
  const root = tempFolder();
  await appendGap(root, DATE, 'SPY', gap(100, 150));
  await appendGap(root, DATE, 'SPY', { ...gap(100, 150), filled: 'bars' });
  expect(await readGaps(root, DATE, 'SPY')).toEqual([{ ...gap(100, 150), filled: 'bars' }]);
});

test('a line that was cut by a kill is passed over', async () => {
  const root = tempFolder();
  await appendGap(root, DATE, 'SPY', gap(100, 150));
  appendFileSync(gapsPath(root, DATE, 'SPY'), '{"from":200,"to"');
  await appendGap(root, DATE, 'SPY', gap(300, 350));
  expect(await readGaps(root, DATE, 'SPY')).toEqual([gap(100, 150), gap(300, 350)]);
});

test('a ticker that is none never becomes a path', async () => {
  await expect(readGaps(tempFolder(), DATE, '../SPY')).rejects.toThrow(RangeError);
});
