import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { GLOBAL_OPTIONS } from '../../src/cli/program.js';
import { OPTIONS, type OptionKey, type OptionTable } from '../../src/config/table.js';

const table: OptionTable = OPTIONS;
const rows = Object.values(table);

function repeated(names: readonly (string | undefined)[]): string[] {
  const known = names.filter((name) => name !== undefined);
  return known.filter((name, index) => known.indexOf(name) !== index);
}

test('no two rows share an environment name or a YAML path', () => {
  expect(repeated(rows.map((row) => row.env))).toEqual([]);
  expect(repeated(rows.map((row) => row.yaml))).toEqual([]);
});

test('no command has two rows of one flag', () => {
  for (const { options } of COMMANDS) {
    expect(repeated([...GLOBAL_OPTIONS, ...options].map((key) => table[key]?.flag))).toEqual([]);
  }
});

test('every row is an option of some command', () => {
  const used = new Set<OptionKey>([
    ...GLOBAL_OPTIONS,
    ...COMMANDS.flatMap(({ options, configAlso }) => [...options, ...(configAlso ? [configAlso] : [])]),
  ]);
  expect(Object.keys(OPTIONS).filter((key) => !used.has(key as OptionKey))).toEqual([]);
});

test('every default is a value its own row accepts', () => {
  for (const { type, ...row } of rows) {
    if (row.default !== undefined) expect(type.parse(type.format(row.default))).toEqual(row.default);
  }
});

test('descriptions are one sentence without a full stop', () => {
  for (const { description } of rows) expect(description).toMatch(/^[a-zA-Z].*[^.\s]$/);
});
