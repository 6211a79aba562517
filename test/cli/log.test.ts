import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { createLog, type LogLevel, writeError } from '../../src/cli/log.js';
import { GexError } from '../../src/errors.js';
import { masker } from '../../src/io/mask.js';

function linesOf(level: LogLevel, secrets: readonly string[] = []) {
  const lines: string[] = [];
  return { lines, log: createLog({ level, secrets, write: (line) => lines.push(line) }) };
}

test('only entries of the level and above are written, one line each', () => {
  const { lines, log } = linesOf('warn');
  log.debug('a');
  log.info('b');
  log.warn('first\nsecond', { file: 'x y.json', rows: 3, none: undefined });
  log.error('d', { cause: new Error('no "luck"') });
  expect(lines).toEqual(['warn  first second file="x y.json" rows=3', 'error d cause="no \\"luck\\""']);
});

test('silent writes nothing', () => {
  const { lines, log } = linesOf('silent');
  log.error('x');
  expect(lines).toEqual([]);
});

test('a secret never appears, wherever it stands in a line', () => {
  const { lines, log } = linesOf('info', ['key-1', 'key-12', '']);
  log.info('GET /x?key=key-12', { authorization: 'Bearer key-1', error: new Error('bad key-12') });
  expect(lines).toEqual(['info  GET /x?key=*** authorization="Bearer ***" error="bad ***"']);
  expect(masker([])('unchanged')).toBe('unchanged');
});

test('a short secret is masked where it stands alone, and spoils no word', () => {
  const mask = masker(['me', 'a+b']);
  expect(mask('did you mean /v2?key=me&a+b, "me" or me')).toBe('did you mean /v2?key=***&***, "***" or ***');
});

test('lines carry the time where there is a clock for it', () => {
  const lines: string[] = [];
  createLog({ level: 'info', secrets: [], write: (line) => lines.push(line), now: () => 0 }).info('x');
  expect(lines).toEqual(['1970-01-01T00:00:00.000Z info  x']);
});

test('an error of a known kind is a sentence and its details, anything else a stack and a request to report it', () => {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  const mask = masker(['s3cret']);
  writeError(stream, new GexError('usage', 'no s3cret here', { details: ['first', 'second'] }), mask);
  expect(text).toBe('gex: no *** here\n  first\n  second\n');
  text = '';
  writeError(stream, new TypeError('x is undefined, s3cret'), mask);
  expect(text).toMatch(/^gex: a bug in gex, please report it .*\nTypeError: x is undefined, \*\*\*\n +at /);
});
