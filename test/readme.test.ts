import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../src/cli/commands.js';
import { GLOBAL_OPTIONS } from '../src/cli/program.js';
import { SERVICE_KINDS } from '../src/cli/service/kinds.js';
import { OPTIONS, type OptionKey, type OptionTable } from '../src/config/table.js';
import { tempFolder } from './helpers/folder.js';
import { gex } from './helpers/gex.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const readme = read('README.md');

const flagOf = (key: OptionKey): string[] => {
  const row: OptionTable[OptionKey] = OPTIONS[key];
  return (row.flag ?? '').split(/[ ,]+/).filter((word) => word.startsWith('-'));
};

/** The `gex` calls of the code blocks and of inline code. */
const calls = [...readme.matchAll(/(?:^\$ |^|\| |`|gex\.js )gex (\w+)((?:[^`\n#>|])*)/gm)]
  .map(([, command = '', rest = '']) => ({ command, words: rest.trim().split(/\s+/).filter(Boolean) }))
  .filter(({ words }) => words.some((word) => word.startsWith('--')));

it('names only commands and flags that exist', () => {
  expect(calls.length).toBeGreaterThan(15);
  for (const { command, words } of calls) {
    const row = COMMANDS.find(({ name }) => name === command);
    expect(row, command).toBeDefined();
    const known = [...GLOBAL_OPTIONS, ...(row?.options ?? [])].flatMap(flagOf).concat('--help', '--no-color');
    for (const flag of words.filter((word) => word.startsWith('--'))) expect(known, `gex ${command}`).toContain(flag);
  }
});

it('shows the example of the library as it is run', () => {
  const [, example = ''] = read('test/library/example.mjs').split(/^\/\/.*\n/);
  expect(readme).toContain(example.trim());
});

it('shows the first record of the tour as gex synth makes it', async () => {
  const folder = tempFolder();
  const args = 'synth --date 2026-08-19 --tickers SPX --seed 7 --interval 1m --end 09:31 --quiet'.split(' ');
  expect((await gex(args, { folder })).code).toBe(0);
  const [first = ''] = readFileSync(join(folder, 'data/2026-08-19/SPX/classic/gex_zero.jsonl'), 'utf8').split('\n');
  const record = JSON.parse(first);
  const shown = JSON.parse(/^\{"timestamp":.*$/m.exec(readme)?.[0] ?? '{}');
  expect(shown).toMatchObject({
    timestamp: record.timestamp,
    spot: record.spot,
    zero_gamma: record.zero_gamma,
    mpos_vol: record.major_pos_vol,
    net_gex_vol: record.sum_gex_vol,
    net_gex_oi: record.sum_gex_oi,
  });
});

it('shows the picture that its command prints', async () => {
  const [, command = ''] = /^\*Made by\* `gex (.*)`$/m.exec(readme) ?? [];
  const { code, stdout } = await gex(command.split(' '), { folder: tempFolder() });
  expect(code).toBe(0);
  expect(stdout).toBe(read('docs/gex.svg'));
});

it('shows what gex price answers', async () => {
  const [, input = '', start = ''] = /^\$ printf '(.*)' \| gex price --format jsonl\n(.*), \.\.\.$/m.exec(readme) ?? [];
  const { code, stdout } = await gex(['price', '--format', 'jsonl'], { input: input.replaceAll('\\n', '\n') });
  expect(code).toBe(0);
  expect(start).toMatch(/^\{"id"/);
  expect(stdout.startsWith(start)).toBe(true);
});

it('shows a gex-chain that computes', async () => {
  const [, input = ''] = /```json\n([^`]*"gex-chain\/1"[^`]*)```/.exec(readme) ?? [];
  const { code, stdout } = await gex(['compute', '--chain', '-', '--json'], { input });
  expect(code).toBe(0);
  expect(JSON.parse(stdout).coverage).toMatchObject({ contracts: 1, priced: 1 });
});

it('names only files that gex service prints', () => {
  const kinds = [...readme.matchAll(/gex service print ([\w-]+)/g)].map(([, kind = '']) => kind);
  expect(kinds.length).toBeGreaterThan(3);
  for (const kind of kinds) expect(Object.keys(SERVICE_KINDS)).toContain(kind);
});

it('names only variables that are read', () => {
  const known = Object.values<OptionTable[string]>(OPTIONS).flatMap(({ env }) => env ?? []);
  const [, archive = ''] = /^## A daily archive$([\s\S]*?)^## /m.exec(readme) ?? [];
  const named = [...archive.matchAll(/\b(?:DAEMON|NTFY|NOTIFY|SMTP|DEADMAN|GEXBOT)_[A-Z_]+/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((name) => !known.includes(name))).toEqual([]);
});
