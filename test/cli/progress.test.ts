import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createStory, lineProgress } from '../../src/cli/progress.js';

/** A terminal of the given width, and what was written to it. */
function terminal(columns: number, isTTY = true) {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk) => {
    text += String(chunk);
  });
  const extra = { isTTY, columns, cursorTo: () => true, clearLine: () => true, moveCursor: () => true };
  return { stream: Object.assign(stream, extra) as unknown as NodeJS.WriteStream, text: () => text };
}

test('without a terminal there is one line for each tenth and for each half minute', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const task = lineProgress(
    (line) => lines.push(line),
    () => nowMs,
  ).start('SPX', 100);
  for (let i = 0; i < 25; i++) task.advance(1);
  nowMs = 29_999;
  task.advance(1);
  nowMs = 30_000;
  task.advance(1, '10:00');
  task.done('27 records');
  expect(lines).toEqual([
    'SPX: 10 % (10 of 100)',
    'SPX: 20 % (20 of 100)',
    'SPX: 27 % (27 of 100), 10:00',
    'SPX: 27 records',
  ]);
});

test('a task of unknown size counts', () => {
  const lines: string[] = [];
  let nowMs = 0;
  const task = lineProgress(
    (line) => lines.push(line),
    () => nowMs,
  ).start('rows');
  task.advance(5);
  nowMs = 31_000;
  task.advance(2);
  task.done();
  expect(lines).toEqual(['rows: 7']);
});

test.each([
  ['a pipe', terminal(100, false)],
  ['a terminal of no columns', terminal(0)],
])('%s gets plain lines only', (_, { stream, text }) => {
  const story = createStory({ stream, quiet: false, now: () => 0 });
  const task = story.progress.start('x', 10);
  task.advance(10);
  story.line('a line');
  story.close();
  expect(text()).toBe('x: 100 % (10 of 10)\na line\n');
});

test('a quiet story has lines but no progress', () => {
  const { stream, text } = terminal(100);
  const story = createStory({ stream, quiet: true, now: () => 0 });
  story.progress.start('x', 10).advance(10);
  story.line('an error');
  story.close();
  expect(text()).toBe('an error\n');
});

test('a terminal gets a bar that shows what was done before it appeared, and lines above it', async () => {
  const { stream, text } = terminal(100);
  const story = createStory({ stream, quiet: false, now: () => 0 });
  const task = story.progress.start('SPX', 10);
  task.advance(4, '10:00');
  await expect.poll(text).toContain('4/10');
  story.line('a line above');
  await expect.poll(text).toContain('a line above\n');
  task.done('finished');
  story.close();
  expect(text()).toContain('SPX: finished\n');
});

test('a terminal gets a spinner for a task of unknown size', async () => {
  const { stream, text } = terminal(100);
  const story = createStory({ stream, quiet: false, now: () => 0 });
  const task = story.progress.start('loading');
  await expect.poll(text).toContain('loading');
  task.advance(3, 'rows');
  await expect.poll(text).toContain('loading 3 rows');
  task.done();
  story.close();
});

test('parts of a task are no lines of a log, and leave a terminal when they are done', async () => {
  const lines: string[] = [];
  const inLog = lineProgress(
    (line) => lines.push(line),
    () => 0,
  );
  inLog.start('one file', 10, { detail: true }).advance(10);
  expect(lines).toEqual([]);

  const { stream, text } = terminal(100);
  const story = createStory({ stream, quiet: false, now: () => 0 });
  const whole = story.progress.start('all files', 2);
  const part = story.progress.start('one file', 10, { detail: true });
  part.advance(5, '5.0 MB/s');
  await expect.poll(text).toMatch(/one file \[.*50 % 5\.0 MB\/s/);
  part.done();
  const before = text().length;
  whole.advance(1);
  await expect.poll(() => text().slice(before)).toContain('1/2');
  expect(text().slice(before)).not.toContain('one file');
  whole.done();
  story.close();
});

test('a part of unknown size shows its note and no bar', async () => {
  const { stream, text } = terminal(100);
  const story = createStory({ stream, quiet: false, now: () => 0 });
  const whole = story.progress.start('all files', 2);
  const part = story.progress.start('one file', undefined, { detail: true });
  part.advance(5, '5.0 MB');
  await expect.poll(text).toContain('  one file 5.0 MB');
  expect(text()).not.toMatch(/one file \[/);
  part.done();
  whole.done();
  story.close();
});
