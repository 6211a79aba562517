import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { openArray } from '../../../src/stores/archive/array.js';
import { openStream } from '../../../src/stores/archive/read.js';

const folder = mkdtempSync(join(tmpdir(), 'gex-array-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileOf(content: string): string {
  const path = join(folder, 'records.jsonl');
  writeFileSync(path, content);
  return path;
}

async function arrayOf(path: string): Promise<string> {
  const array = await openArray(path);
  const whole = await text(array.read(0, array.length));
  expect(Buffer.byteLength(whole)).toBe(array.length);
  return whole;
}

test('a plain file is its lines with commas between brackets', async () => {
  expect(await arrayOf(fileOf('{"a":1}\n{"b":2}\n'))).toBe('[{"a":1},{"b":2}]');
});

test.each([
  ['an empty file', '', []],
  ['only blank lines', '\n\r\n\n', []],
  ['one record', '{"a":1}\n', [1]],
  ['no newline at the end', '{"a":1}\n{"a":2}', [1, 2]],
  ['a record cut in the middle', '{"a":1}\n{"a":2}\n{"a":', [1, 2]],
  ['a record cut behind a brace', '{"a":1}\n{"a":{"b":1}', [1]],
  ['a cut record alone', '{"a":', []],
  ['a cut record that got a newline', '{"a":1}\n{"a":\n', [1]],
  ['blank lines anywhere', '\n{"a":1}\n\n\r\n{"a":2}\n\n', [1, 2]],
  ['CRLF', '{"a":1}\r\n{"a":2}\r\n', [1, 2]],
  ['blanks after the last brace', '{"a":1}\n{"a":2} \t \n', [1, 2]],
])('%s is valid JSON with its whole records', async (_name, content, expected) => {
  const records = JSON.parse(await arrayOf(fileOf(content))) as { a: number }[];
  expect(records.map((record) => record.a)).toEqual(expected);
});

test('any file: the records are those of the line index, and any range is that part of the whole', async () => {
  const piece = fc.constantFrom('{"a":1}', `{"a":"${'x'.repeat(300)}"}`, '', '\r', '{"a":"é"}', '{"a":');
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 12 }),
      fc.boolean(),
      fc.nat(),
      fc.nat(),
      async (pieces, newline, one, other) => {
        // A cut record in the middle would be invalid JSON in both forms: only the last may be one.
        const lines = pieces.filter((line, i) => line !== '{"a":' || i === pieces.length - 1);
        const path = fileOf(lines.join('\n') + (newline ? '\n' : ''));
        const whole = await arrayOf(path);
        const file = await openStream(path, 'memory');
        const records = await Promise.all(Array.from({ length: file.length }, (_, i) => file.line(i)));
        expect(JSON.parse(whole)).toEqual(records.map((line) => JSON.parse(String(line))));
        const bytes = Buffer.from(whole);
        const [start, end] = [one % (bytes.length + 1), other % (bytes.length + 1)].sort((a, b) => a - b) as [
          number,
          number,
        ];
        const array = await openArray(path);
        expect(await text(array.read(start, end))).toBe(bytes.subarray(start, end).toString());
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('records longer than a chunk and a carriage return at its edge are joined alike', async () => {
  const long = (bytes: number): string => `{"a":"${'x'.repeat(bytes - 8)}"}`;
  const edge = 128 * 1024;
  const lines = [long(edge), long(edge - 3), long(300_000), '{"a":1}'];
  expect(JSON.parse(await arrayOf(fileOf(`${lines.join('\n')}\n`)))).toHaveLength(4);
  const crlf = `${long(edge - 2)}\r\n\r\n{"a":1}\r\n`;
  for (const shift of [0, 1, 2, 3]) {
    expect(JSON.parse(await arrayOf(fileOf(`${' '.repeat(shift)}${crlf}`)))).toHaveLength(2);
  }
});

test('a file that is replaced has another version; one that is absent is missing', async () => {
  const versions = new Set<string>();
  for (const content of ['{"a":1}\n', '{"a":12}\n']) {
    const array = await openArray(fileOf(content));
    versions.add(array.version);
    await array.close();
  }
  expect(versions.size).toBe(2);
  await expect(openArray(join(folder, 'absent.jsonl'))).rejects.toMatchObject({ kind: 'missing' });
});
