import { describe, expect, test } from 'vitest';
import type { Command } from '../../src/cli/command.js';
import { COMMANDS } from '../../src/cli/commands.js';
import { exitKindsOf, flagsOf } from '../../src/cli/help.js';
import { GLOBAL_OPTIONS, type Parsed, parseCommandLine } from '../../src/cli/program.js';
import { OPTIONS } from '../../src/config/table.js';
import { ERROR_KINDS } from '../../src/errors.js';

const sample: Command = {
  name: 'sample',
  summary: 'a command for these tests',
  arguments: [{ name: 'FILE', required: false, description: 'a file' }],
  options: ['tickers', 'rate', 'port', 'check'],
  examples: [],
  exits: [],
  load: () => Promise.reject(new Error('not run here')),
};

function parse(...argv: string[]): Parsed {
  return parseCommandLine({ commands: [sample, ...COMMANDS], argv, version: '1.2.3', columns: 100 });
}

function invocation(...argv: string[]) {
  const parsed = parse(...argv);
  if (!('invocation' in parsed)) throw new Error('answered instead of an invocation');
  return parsed.invocation;
}

function answer(...argv: string[]): string {
  const parsed = parse(...argv);
  return 'answer' in parsed ? parsed.answer : '';
}

test('flags come back as text by option key, from either side of the command name', () => {
  const { command, args, flags } = invocation('--json', 'sample', '-', '--port', '80', '--no-color', '-v', '--check');
  expect(command.name).toBe('sample');
  expect(args).toEqual(['-']);
  expect(flags).toEqual({ json: 'true', noColor: 'true', verbose: 'true', port: '80', check: 'true' });
});

test('a repeated argument takes one value or more', () => {
  const paths: Command = {
    ...sample,
    arguments: [{ name: 'PATH', required: true, variadic: true, description: 'a path' }],
  };
  const parsed = (...argv: string[]) => parseCommandLine({ commands: [paths], argv, version: '1', columns: 100 });
  expect(parsed('sample', 'a', '--check', 'b', 'c')).toMatchObject({ invocation: { args: ['a', 'b', 'c'] } });
  expect(parsed('sample', '--help')).toMatchObject({ answer: expect.stringContaining('sample [options] <PATH...>') });
  expect(() => parsed('sample')).toThrow("missing required argument 'PATH'");
});

test('a list takes commas, several words and repeated flags; a negative number is a value', () => {
  expect(invocation('sample', '--tickers', 'SPX,SPY').flags).toEqual({ tickers: 'SPX,SPY' });
  expect(invocation('sample', '--tickers', 'SPX', 'SPY', '--rate', '-0.01').flags).toEqual({
    tickers: 'SPX,SPY',
    rate: '-0.01',
  });
  expect(invocation('sample', '--tickers', 'SPX', '--tickers', 'SPY').flags).toEqual({ tickers: 'SPX,SPY' });
});

test.each([
  [['smaple'], "unknown command 'smaple' (Did you mean sample?)"],
  [['sample', '--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
  [['sample', '--port'], "option '--port <PORT>' argument missing"],
  [['sample', 'a', 'b'], "too many arguments for 'sample'. Expected 1 argument but got 2."],
  [['completion'], "missing required argument 'SHELL'"],
  [[], 'name a command: sample, '],
])('%j is one usage sentence', (argv, sentence) => {
  expect(() => parse(...argv)).toThrow(
    expect.objectContaining({ kind: 'usage', message: expect.stringContaining(sentence) }),
  );
});

test('the version is the answer to --version', () => {
  expect(answer('--version')).toBe('1.2.3\n');
});

describe.each(COMMANDS)('gex $name --help', (command) => {
  const help = answer(command.name, '--help');

  test('shows every option with its environment name and default', () => {
    const flat = help.replace(/\s+/g, ' ');
    for (const key of [...command.options, ...GLOBAL_OPTIONS]) {
      const { flag, env, type } = { env: undefined, ...OPTIONS[key] };
      expect(flat).toContain(flagsOf(OPTIONS[key]));
      if (env) expect(flat).toMatch(new RegExp(`${flag} .*env ${env}\\)`));
      expect(type.accepts).not.toBe('');
    }
  });

  test('shows an example of this command', () => {
    expect(command.examples.length).toBeGreaterThan(0);
    for (const example of command.examples) {
      expect(example.command).toMatch(new RegExp(`(gex|npx gex) ${command.name}\\b`));
      expect(help).toContain(example.command);
    }
  });

  test('shows the exit code of every kind it can end with', () => {
    for (const kind of exitKindsOf(command)) {
      expect(help).toMatch(new RegExp(`^ +${ERROR_KINDS[kind].exit} +${kind}: `, 'm'));
    }
  });
});
