import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { GexError } from '../../src/errors.js';
import { ArraySplitter } from '../../src/wire/array-splitter.js';

/** The lines of an array that arrives in the given pieces. */
function split(pieces: readonly Uint8Array[]): string {
  const splitter = new ArraySplitter('day.json');

  const out: Buffer[] = [];
  for (const piece of pieces) out.push(Buffer.from(splitter.push(Buffer.from(piece))));
  splitter.finish();
  const lines = Buffer.concat(out).toString();
  expect(lines.split('\n')).toHaveLength(splitter.rows + 1);
  return lines;
}

/** Cuts bytes at the given places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places, bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(i === 0 ? 0 : ends[i - 1], end));
}

const message = (text: string): string => {
  try {
    split([Buffer.from(text)]);
  } catch (error) {
    if (error instanceof GexError && error.kind === 'data') return error.message;
    throw error;
  }
  return 'accepted';
};

const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });
const objects = fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(fc.jsonValue(), numbers));
const arrays = fc.array(objects, { maxLength: 6 });

test('compact arrays give each element byte for byte, however they are cut', () => {
  fc.assert(
    fc.property(arrays, fc.array(fc.nat()), (records, places) => {
      const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
      const bytes = Buffer.from(JSON.stringify(records));
      const within = places.map((place) => place % (bytes.length + 1));
      expect(split(cut(bytes, within))).toBe(lines);
    }),
  );
});

test('any layout of an array means the same as JSON.parse of it, and is the same cut before every byte', () => {
  const layouts = fc.constantFrom<string | number>(2, '\t', ' \r\n ', '\n', '\r', 1);
  fc.assert(
    fc.property(arrays, layouts, (records, layout) => {
      const text = JSON.stringify(records, null, layout);
      const lines = split([Buffer.from(`\ufeff \n${text}\r\n`)]);
      const meant = records.map((record) => JSON.stringify(JSON.parse(JSON.stringify(record))));
      const got = lines.split('\n').slice(0, -1);
      expect(got.map((line) => JSON.stringify(JSON.parse(line)))).toEqual(meant);
      const bytes = Buffer.from(text);
      expect(split(Array.from(bytes, (byte) => Buffer.of(byte)))).toBe(lines);
    }),
  );
});

test('an array cut anywhere is never whole, and what came out of it begins the lines', () => {
  fc.assert(
    fc.property(arrays, fc.nat(), (records, place) => {
      const bytes = Buffer.from(JSON.stringify(records));
      const splitter = new ArraySplitter();
      const head = splitter.push(bytes.subarray(0, place % bytes.length)).toString('latin1');
      expect(() => splitter.finish()).toThrow(/is empty|is cut/);
      const lines = records.map((record) => `${JSON.stringify(record)}\n`).join('');
      expect(Buffer.from(lines).toString('latin1').startsWith(head)).toBe(true);
    }),
  );
});

test('any bytes end in lines of balanced objects or in one error of kind data that names a byte', () => {
  const marks = fc.constantFrom(...'[]{}",:\\ \n0e1\0é'.split(''), '"a":', '{"a":', '}]', '][', '\\"');
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.array(marks).map((parts) => Buffer.from(`[{${parts.join('')}}]`)),
  );
  fc.assert(
    fc.property(noise, fc.nat(), (bytes, place) => {
      const outcome = (pieces: readonly Buffer[]): string => {
        try {
          return split(pieces);
        } catch (error) {
          expect(error).toMatchObject({
            kind: 'data',
            message: expect.stringMatching(/^day\.json: .*(byte \d+|is empty)/),
          });
          return String(error);
        }
      };
      const whole = outcome([bytes]);
      expect(outcome(cut(bytes, [place % (bytes.length + 1)]))).toBe(whole);
      let valid: unknown;
      try {
        valid = JSON.parse(bytes.toString());
      } catch {
        return;
      }
      if (Array.isArray(valid) && valid.every((one) => typeof one === 'object' && one && !Array.isArray(one)))
        expect(
          whole
            .split('\n')
            .slice(0, -1)
            .map((line) => JSON.parse(line)),
        ).toEqual(valid);
      else expect(whole).toContain('GexError');
    }),
    { numRuns: 1000 },
  );
});

test('numbers, escapes and blanks within a line stay as they came', () => {
  const record = '{ "a" : 1.0000000000000000001e+400,\t"b\\u0041\\"}],[{":-0.0 , "é\\\\" : [ ] }';
  expect(split([Buffer.from(`[${record} ,\n${record}]`)])).toBe(`${record}\n${record}\n`);
});

test('what is not an array of objects is refused with the byte and what it may be instead', () => {
  expect(message('')).toBe('day.json: is empty; fetch it again');
  expect(message('<!doctype html>')).toBe(
    'day.json: byte 0: found < where the [ of an array should be; is it an HTML page?',
  );
  expect(message('{"a":1}\n{"a":2}\n')).toBe(
    'day.json: byte 0: found { where the [ of an array should be; is it JSON lines already?',
  );
  expect(message('[1]')).toBe('day.json: byte 1: found 1 where an object or ] should be');
  expect(message('[{},[]]')).toBe('day.json: byte 4: found [ where an object should be');
  expect(message('[{}{}]')).toBe('day.json: byte 3: found { where a comma or ] should be');
  expect(message('[{},]')).toBe('day.json: byte 4: found ] where an object should be');
  expect(message('[{}] []')).toBe('day.json: byte 5: found [ where nothing after the array should be');
  expect(message('[{"a":[1}]')).toBe('day.json: byte 8: found } where ] should be');
  expect(message('[{"a":1]}]')).toBe('day.json: byte 7: found ] where } should be');
  expect(message('[{"a":1]')).toBe('day.json: byte 7: found ] where } should be');
  expect(message('[{"a":1][}]')).toBe('day.json: byte 7: found ] where } should be');
  expect(message('[{"a":NaN}]')).toBe('day.json: byte 6: found N where a value should be');
  expect(message('[{"a":"x\ny"}]')).toBe('day.json: byte 8: found 0x0a where the rest of a string should be');
  expect(message('[{"a":"x\\\ny"}]')).toBe('day.json: byte 9: found 0x0a where the rest of a string should be');
  expect(message('[{"a":1\n2}]')).toBe('day.json: byte 8: found 2 where a comma or a bracket should be');
  expect(message('[{"a":1},{"a"')).toBe('day.json: is cut at byte 13, after 1 whole records; fetch it again');
});

test('arrays nest as deep as they like, objects to a limit that keeps memory small', () => {
  const deep = `[{"a":${'['.repeat(500_000)}${']'.repeat(500_000)}}]`;
  expect(split([Buffer.from(deep)])).toBe(`${deep.slice(1, -1)}\n`);
  expect(message(`[${'{"a":'.repeat(1_000_001)}`)).toMatch(/objects are nested more than 1000000 deep$/);
});

test('an element larger than any chunk streams through', () => {
  const splitter = new ArraySplitter();
  const chunk = Buffer.from('1,'.repeat(32 * 1024));
  let bytes = splitter.push(Buffer.from('[{"a":[')).length;
  for (let i = 0; i < 256; i++) bytes += splitter.push(chunk).length;
  bytes += splitter.push(Buffer.from('1]}]')).length;
  splitter.finish();
  expect([bytes, splitter.rows]).toEqual([256 * chunk.length + 10, 1]);
});

const samples = fileURLToPath(new URL('../../../shared/data/gexbot', import.meta.url));

test.skipIf(!existsSync(samples))('real records in an array come back as their lines', () => {
  const files = readdirSync(samples).filter((name) => name.includes('.jsonl'));
  expect(files.length).toBeGreaterThan(5);
  for (const name of files) {
    const bytes = readFileSync(join(samples, name));
    const text = (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString().trimEnd();
    const lines = text.split(/\r?\n/);
    expect(split([Buffer.from(`[${lines.join(',')}]`)])).toBe(`${lines.join('\n')}\n`);
  }
});
