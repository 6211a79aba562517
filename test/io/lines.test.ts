import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineIndexer } from '../../src/io/lines.js';

async function index(text: string, chunkBytes = 1 << 20) {
  const bytes = Buffer.from(text);
  const indexer = new LineIndexer();
  for (let at = 0; at < bytes.length; at += chunkBytes) indexer.push(bytes.subarray(at, at + chunkBytes));
  const found = await indexer.finish((start, end) => bytes.subarray(start, end));
  const lines = Array.from({ length: found.length }, (_, i) => bytes.toString('utf8', found.starts[i], found.ends[i]));
  return { lines, tornBytes: found.tornBytes };
}

test('lines are found without their newlines, empty ones skipped, CRLF tolerated', async () => {
  expect(await index('{"a":1}\n\n{"b":2}\r\n\r\n{"c":3}\n')).toEqual({
    lines: ['{"a":1}', '{"b":2}', '{"c":3}'],
    tornBytes: 0,
  });
});

test('an empty file and a file of newlines have no lines', async () => {
  expect(await index('')).toEqual({ lines: [], tornBytes: 0 });
  expect(await index('\n\r\n\n')).toEqual({ lines: [], tornBytes: 0 });
});

test.each([
  ['in the middle of a number', '{"a":1}\n{"b":2', 6],
  ['after an inner bracket', '{"a":1}\n{"b":{"c":2}', 12],
  ['after the newline of garbage', '{"a":1}\n{"b":2,\n', 8],
  ['of zero bytes', '{"a":1}\n\0\0\0\0', 4],
  ['with the only line', '{"a"', 4],
])('a write cut %s is cut off and reported', async (_, text, tornBytes) => {
  const found = await index(text);
  expect(found).toEqual({ lines: text.startsWith('{"a":1}') ? ['{"a":1}'] : [], tornBytes });
});

test('a whole last record without a newline is kept', async () => {
  expect(await index('{"a":1}\n{"b":{"c":2}}')).toEqual({ lines: ['{"a":1}', '{"b":{"c":2}}'], tornBytes: 0 });
});

test('the index does not depend on where the chunks are cut', async () => {
  const line = fc.oneof(
    fc.constant(''),
    fc.jsonValue().map((value) => `${JSON.stringify({ value })}`),
  );
  const newline = fc.constantFrom('\n', '\r\n');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(line, newline)), fc.integer({ min: 1, max: 50 }), async (parts, chunkBytes) => {
      const expected = parts.map(([text]) => text).filter((text) => text !== '');
      expect(await index(parts.flat().join(''), chunkBytes)).toEqual({ lines: expected, tornBytes: 0 });
    }),
  );
});

test('a 10 MB line is one line', async () => {
  const long = `{"pad":"${'x'.repeat(10_000_000)}"}`;
  const { lines } = await index(`${long}\n{"a":1}\n`, 65_536);
  expect(lines.map((line) => line.length)).toEqual([long.length, 7]);
});

test('offsets beyond 4 GB stay exact', async () => {
  const indexer = new LineIndexer();
  const gap = Buffer.alloc(1 << 26, 'x');
  for (let i = 0; i < 80; i++) indexer.push(gap);
  indexer.push(Buffer.from('\n{"a":1}\n'));
  const found = await indexer.finish(() => Buffer.from('{"a":1}'));
  const size = 80 * 2 ** 26;
  expect([...found.starts]).toEqual([0, size + 1]);
  expect([...found.ends]).toEqual([size, size + 8]);
});
