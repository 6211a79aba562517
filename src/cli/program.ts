import { Command as Commander, CommanderError, Option } from 'commander';
import type { OptionRow } from '../config/option.js';
import { OPTIONS, type OptionKey } from '../config/table.js';
import { GexError } from '../errors.js';
import type { Command } from './command.js';
import { describeOption, examplesText, exitsText, flagsOf, usageOf } from './help.js';

/** Options every command takes. */
export const GLOBAL_OPTIONS = [
  'json',
  'config',
  'calendarFile',
  'logLevel',
  'verbose',
  'quiet',
  'noColor',
] as const satisfies OptionKey[];

/** What the command line asked for. */
export interface Invocation {
  readonly command: Command;
  readonly args: readonly string[];
  /** Text by option key, `true` for a switch. */
  readonly flags: Readonly<Record<string, string>>;
}

interface ParseOptions {
  readonly commands: readonly Command[];
  /** Without the runtime and the script. */
  readonly argv: readonly string[];
  readonly version: string;
  /** Width of the help. */
  readonly columns: number;
}

/** Either a command to run, or text that answers the call by itself (`--help`, `--version`). */
export type Parsed = { readonly invocation: Invocation } | { readonly answer: string };

/** Understands a command line. Throws a usage error of one sentence, with the nearest known name where there is one. */
export function parseCommandLine({ commands, argv, version, columns }: ParseOptions): Parsed {
  let invocation: Invocation | undefined;
  let printed = '';
  const print = (text: string): void => {
    printed += text;
  };
  const prepare = (command: Commander): Commander =>
    command.exitOverride().configureOutput({ writeOut: print, writeErr() {}, getOutHelpWidth: () => columns });

  const program = prepare(new Commander('gex'))
    .description('Options gamma exposure: compute it, synthesise it, store it, serve it.')
    .usage('[options] <command>')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nEvery command prints its options, examples and exit codes with --help.');
  for (const key of GLOBAL_OPTIONS) program.addOption(optionOf(key));

  for (const row of commands) {
    const command = prepare(new Commander(row.name))
      .description(row.summary)
      .helpOption('-h, --help', 'print this help')
      .configureHelp({ showGlobalOptions: true })
      .addHelpText('after', `\n${examplesText(row)}\n\n${exitsText(row)}`);
    for (const argument of row.arguments ?? []) command.argument(usageOf(argument), argument.description);
    for (const key of row.options) command.addOption(optionOf(key));
    command.action(() => {
      const flags = { ...flagsGiven(program, GLOBAL_OPTIONS), ...flagsGiven(command, row.options) };
      invocation = { command: row, args: command.args, flags };
    });
    program.addCommand(command, { hidden: false });
  }

  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { answer: printed };
    throw usageError(error, program);
  }
  if (!invocation) throw new GexError('usage', 'name a command; gex --help lists them');
  return { invocation };
}

function usageError(error: CommanderError, program: Commander): GexError {
  if (error.code === 'commander.help') {
    const names = program.commands.map((command) => command.name()).join(', ');
    return new GexError('usage', `name a command: ${names}; gex --help explains them`);
  }
  const sentence = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
  return new GexError('usage', sentence);
}

function optionOf(key: OptionKey): Option {
  const row: OptionRow<unknown> = OPTIONS[key];
  return new Option(flagsOf(row), describeOption(row));
}

/** Commander names an option by its flag and turns `--no-x` around; this gives the text per key of the table. */
function flagsGiven(command: Commander, keys: readonly OptionKey[]): Record<string, string> {
  const given: Record<string, string> = {};
  for (const key of keys) {
    const option = command.options.find(({ long }) => long === OPTIONS[key].flag);
    if (!option || command.getOptionValueSource(option.attributeName()) !== 'cli') continue;
    const value: unknown = command.getOptionValue(option.attributeName());
    if (option.negate) given[key] = 'true';
    else given[key] = Array.isArray(value) ? value.join(',') : String(value);
  }
  return given;
}
