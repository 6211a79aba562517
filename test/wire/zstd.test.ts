import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { compress, prepareZstd } from '../../src/wire/zstd.js';
import { readZstdHeader, unzstd } from '../helpers/wire-reader.js';

test('compressing before zstd is loaded says what to do', () => {
  expect(() => compress(new Uint8Array(1))).toThrow('await prepareZstd()');
});

describe('once it is loaded', () => {
  beforeAll(async () => {
    await Promise.all([prepareZstd(), prepareZstd()]);
  });

  test.each([0, 1, 255, 256, 4_000, 65_791, 65_792, 1_000_000])(
    'a frame of %d bytes says so in its header',
    async (n) => {
      const bytes = Buffer.alloc(n, 'a record that repeats itself now and then ');
      const frame = compress(bytes);
      expect(readZstdHeader(frame)).toEqual({ magic: 0xfd2fb528, hasChecksum: false, dictionary: 0, size: n });
      expect(Buffer.from(await unzstd(frame)).equals(bytes)).toBe(true);
    },
  );

  test('any bytes come back, frame after frame', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000, size: 'max' }), async (bytes) => {
        const frame = compress(bytes);
        expect(readZstdHeader(frame).size).toBe(bytes.length);
        expect(Buffer.from(await unzstd(frame)).equals(bytes)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
