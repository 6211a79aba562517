import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { streamPath } from '../../../src/stores/archive/path.js';
import { recentLines } from '../../../src/stores/archive/recent.js';
import { tempFolder } from '../../helpers/folder.js';

const KEY = { date: '2025-12-17', ticker: 'SPY', package: 'classic', category: 'gex_full' } as const;

async function recent(text: string, sinceMs: number): Promise<string[]> {
  const root = tempFolder();
  mkdirSync(dirname(streamPath(root, KEY)), { recursive: true });
  writeFileSync(streamPath(root, KEY), text);
  const lines: string[] = [];
  for await (const line of recentLines(root, KEY, sinceMs)) lines.push(line.toString());
  return lines;
}

test('the lines of a file from its end, up to the first that is old enough, whatever their lengths and newlines', async () => {
  const sizes = fc.oneof({ weight: 8, arbitrary: fc.nat(3000) }, { weight: 1, arbitrary: fc.nat(2_500_000) });
  const files = fc.record({
    lines: fc.array(fc.tuple(sizes, fc.constantFrom('\n', '\r\n', '\n\n')), { maxLength: 40 }),
    since: fc.integer({ min: -1, max: 40 }),
    ends: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(files, async ({ lines, since, ends }) => {
      const records = lines.map(([size], i) => `{"timestamp":${i},"note":"${'x'.repeat(size)}"}`);
      const text = records.map((record, i) => record + (lines[i]?.[1] ?? '')).join('');
      const found = await recent(ends ? text : text.trimEnd(), since * 1000);
      expect(found).toEqual(records.slice(Math.max(0, Math.min(since, records.length - 1))).reverse());
    }),
    { numRuns: 40 },
  );
});

test('a file that is not there is missing', async () => {
  const lines = recentLines(tempFolder(), KEY, 0);
  await expect(lines.next()).rejects.toMatchObject({ kind: 'missing' });
});
