import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../../src/feeds/tradestation/frames.js';

const QUOTE = { Symbol: 'SPY 251219C682', Bid: '3.01', Note: 'a "quoted" {brace} \\ and ünïcödé 日本' };
const OBJECTS = [QUOTE, { Heartbeat: 1, Timestamp: '2025-12-17T19:36:09Z' }, { Legs: [{ Symbol: '}{' }], Nested: {} }];

/** Everything a reader makes of a text that arrives in pieces of these sizes, over and over. */
function read(text: string, sizes: readonly number[]) {
  const bytes = Buffer.from(text);
  const reader = new FrameReader();
  const objects = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const end = Math.min(bytes.length, at + (sizes[i % sizes.length] as number));
    const chunk = Buffer.from(bytes.subarray(at, end));
    objects.push(...reader.push(chunk));
    chunk.fill(0); // the reader must not keep a view
    at = end;
  }
  objects.push(...reader.finish());
  return { objects, garbage: reader.garbage };
}

describe('FrameReader', () => {
  it.each([
    ['newlines', OBJECTS.map((o) => `${JSON.stringify(o)}\n`).join('')],
    ['CRLF and blank lines', OBJECTS.map((o) => `\r\n${JSON.stringify(o)}\r\n\n`).join('')],
    ['no newlines', OBJECTS.map((o) => JSON.stringify(o)).join('')],
  ])('reads the same for a cut at every byte, with %s', (_, text) => {
    for (let cut = 1; cut <= Buffer.byteLength(text); cut++) {
      expect(read(text, [cut, 1 << 20])).toEqual({ objects: OBJECTS, garbage: 0 });
    }
    expect(read(text, [1])).toEqual({ objects: OBJECTS, garbage: 0 });
  });

  it('reads any objects in any pieces', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    const separator = fc.constantFrom('', '\n', '\r\n', '\n\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(object, separator)),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (rows, sizes) => {
          const text = rows.map(([o, end]) => JSON.stringify(o) + end).join('');
          const plain = JSON.parse(JSON.stringify(rows.map(([o]) => o)));
          expect(read(text, sizes)).toEqual({ objects: plain, garbage: 0 });
        },
      ),
    );
  });

  it('passes over a line that is no JSON, and goes on', () => {
    const text = 'END\n{"a":1}\n<html>{"b":\n{"c":2}\nERROR - "x\n{"d":"cut\n[1]\n{"e":3}';
    expect(read(text, [3])).toEqual({ objects: [{ a: 1 }, { c: 2 }, { e: 3 }], garbage: 5 });
  });

  it('drops what the end of the stream cuts', () => {
    expect(read('{"a":1}\n{"b":', [100])).toEqual({ objects: [{ a: 1 }], garbage: 1 });
  });

  it('refuses an object without end', () => {
    const reader = new FrameReader();
    const chunk = Buffer.from(`{"a":"${'x'.repeat(500_000)}`);
    reader.push(chunk);
    reader.push(Buffer.alloc(500_000, 'x'));
    expect(() => reader.push(Buffer.alloc(500_000, 'x'))).toThrow(/longer than 1048576 bytes/);
  });

  it('never throws anything else at random bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), (chunks) => {
        const reader = new FrameReader();
        for (const chunk of chunks) reader.push(Buffer.from(chunk));
        reader.finish();
      }),
    );
  });
});
