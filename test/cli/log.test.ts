import { expect, test } from 'vitest';
import { createLog, type LogLevel, masker } from '../../src/cli/log.js';

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

test('lines carry the time where there is a clock for it', () => {
  const lines: string[] = [];
  createLog({ level: 'info', secrets: [], write: (line) => lines.push(line), now: () => 0 }).info('x');
  expect(lines).toEqual(['1970-01-01T00:00:00.000Z info  x']);
});
