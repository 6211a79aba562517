import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createOutput, wantsColor } from '../../src/cli/ui.js';

/** An output on a stream of its own, and what was written to it. */
function output({ isTTY = false, color = false, columns = 0 } = {}) {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk) => {
    text += String(chunk);
  });
  const abort = new AbortController();
  const fake = Object.assign(stream, { isTTY, columns }) as unknown as NodeJS.WriteStream;
  return { stream, abort, text: () => text, out: createOutput({ stream: fake, json: false, color, abort }) };
}

const table = {
  head: ['strike', 'note'],
  rows: [
    ['5900', 'a\tb\nc'],
    ['10', 'd'],
  ],
  align: ['right', 'left'] as const,
};

test('in a pipe a table is one line per row, its cells free of tabs and line breaks', async () => {
  const { out, text } = output();
  await out.table(table);
  expect(text()).toBe('strike\tnote\n5900\ta b c\n10\td\n');
});

test('on a terminal a table is aligned, and bold only where colours are wanted', async () => {
  const plain = output({ isTTY: true });
  await plain.out.table({
    ...table,
    rows: [
      ['5900', 'a'],
      ['10', 'd'],
    ],
  });
  expect(plain.text()).toBe('strike  note\n  5900  a\n    10  d\n');
  const coloured = output({ isTTY: true, color: true });
  await coloured.out.table(table);
  expect(coloured.text()).toContain('\u001b[1m');
});

test('a style leaves the text alone without colours', () => {
  expect(output().out.paint('red', 'x')).toBe('x');
  expect(output({ color: true }).out.paint('red', 'x')).toBe('\u001b[31mx\u001b[39m');
});

test('a terminal of no columns counts as 80 wide', () => {
  expect(output({ isTTY: true }).out.columns).toBe(80);
  expect(output({ isTTY: true, columns: 132 }).out.columns).toBe(132);
});

test('a write waits for a slow reader and stops waiting when the call is interrupted', async () => {
  const slow = output();
  slow.stream.pause();
  const waiting = slow.out.write('x'.repeat(1 << 20));
  let resolved = false;
  waiting.then(() => {
    resolved = true;
  });
  await new Promise(setImmediate);
  expect(resolved).toBe(false);
  slow.stream.resume();
  await waiting;

  const cut = output();
  cut.stream.pause();
  const stuck = cut.out.write('x'.repeat(1 << 20));
  const reason = new Error('stop');
  cut.abort.abort(reason);
  await expect(stuck).rejects.toBe(reason);
  await expect(cut.out.write('y')).rejects.toBe(reason);
});

test('colours follow --no-color, NO_COLOR and FORCE_COLOR', () => {
  const screen = { isTTY: true };
  expect(wantsColor(screen, {}, false)).toBe(true);
  expect(wantsColor(screen, {}, true)).toBe(false);
  expect(wantsColor(screen, { NO_COLOR: '1', FORCE_COLOR: '1' }, false)).toBe(false);
  expect(wantsColor(screen, { TERM: 'dumb' }, false)).toBe(false);
  expect(wantsColor({}, {}, false)).toBe(false);
  expect(wantsColor({}, { FORCE_COLOR: '1' }, false)).toBe(true);
  expect(wantsColor(screen, { FORCE_COLOR: '0' }, false)).toBe(false);
});

test('a live table is drawn over itself, broken lines counted, and below what was written meanwhile', async () => {
  const { out, text } = output({ isTTY: true, columns: 10 });
  const live = out.live();
  const drawn = { head: ['a'], rows: [['exactly 15 wide']] };
  await live.draw(drawn);
  await live.draw(drawn);
  live.release();
  await live.draw(drawn);
  expect(text().split('a\nexactly 15 wide\n')).toEqual(['', '\x1b[3A\x1b[J', '', '']);
});
