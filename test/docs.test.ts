import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { documents } from '../scripts/documents.js';
import { resolveSettings } from '../src/config/resolve.js';
import { OPTIONS, type OptionTable } from '../src/config/table.js';
import { ERROR_KINDS } from '../src/errors.js';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const rows = Object.entries<OptionTable[string]>(OPTIONS);

test.each([...documents()])('%s says what the tables say (npm run docs)', (path, expected) => {
  expect(read(path)).toBe(expected);
});

test('every variable of .env.example is read, and its values are the defaults', async () => {
  const dotenv = Object.fromEntries(
    [...read('.env.example').matchAll(/^# ([A-Z][A-Z_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
  expect(Object.keys(dotenv).sort()).toEqual(rows.flatMap(([, { env }]) => env ?? []).sort());
  const plain = await resolveSettings({ flags: {}, environment: {}, dotenv: {} });
  expect((await resolveSettings({ flags: {}, environment: {}, dotenv })).settings).toEqual(plain.settings);
});

test('configs/default.yaml changes nothing as it is, nor with every key switched on', async () => {
  const yaml = read('configs/default.yaml');
  const plain = await resolveSettings({ flags: {}, environment: {}, dotenv: {} });
  for (const text of [yaml, yaml.replace(/^( *)# ([a-z_]+:.*)$/gm, '$1$2')]) {
    const file = { name: 'default.yaml', text };
    const { settings } = await resolveSettings({ flags: {}, environment: {}, dotenv: {}, yaml: file });
    expect(settings).toEqual(plain.settings);
  }
  const keys = [...yaml.matchAll(/^ *# ([a-z_]+):( \S.*)?$/gm)].map(([, key]) => key);
  expect(keys.sort()).toEqual(rows.flatMap(([, row]) => row.yaml?.split('.').at(-1) ?? []).sort());
});

test("the README's exit codes are those of the error kinds", () => {
  const listed = [...read('README.md').matchAll(/^\| (\w+) \| (\d+) \| (\d+) \| (yes|no) \| (.*) \|$/gm)];
  expect(
    listed.map(([, kind, exit, status, retried, means]) => [
      kind,
      { exit: Number(exit), status: Number(status), retried: retried === 'yes', means },
    ]),
  ).toEqual(Object.entries(ERROR_KINDS));
});
