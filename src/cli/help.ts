import type { OptionRow } from '../config/option.js';
import { ERROR_KINDS, type ErrorKind } from '../errors.js';
import type { ArgumentRow, Command } from './command.js';

/** `-v, --verbose`, `--port <PORT>`, `--tickers <TICKER...>`. */
export function flagsOf(row: OptionRow<unknown>): string {
  const { placeholder, list } = row.type;
  const names = row.short ? `${row.short}, ${row.flag}` : row.flag;
  return placeholder ? `${names} <${placeholder}${list ? '...' : ''}>` : names;
}

/** `<SHELL>`, `[FILE]`, `<PATH...>`. */
export function usageOf({ name, required, variadic }: ArgumentRow): string {
  const names = variadic ? `${name}...` : name;
  return required ? `<${names}>` : `[${names}]`;
}

/** What a row does without a value, in words; undefined where nothing needs saying. */
export function defaultOf(row: OptionRow<unknown>): string | undefined {
  if (row.otherwise !== undefined) return row.otherwise;
  return row.default === undefined || row.default === false ? undefined : row.type.format(row.default);
}

/** The description of a row with its words, default and environment name. */
export function describeOption(row: OptionRow<unknown>): string {
  const { choices, accepts } = row.type;
  const fallback = defaultOf(row);
  const facts = [
    choices && accepts,
    fallback !== undefined && `default: ${fallback}`,
    row.env && `env ${row.env}`,
  ].filter(Boolean);
  return facts.length > 0 ? `${row.description} (${facts.join('; ')})` : row.description;
}

export function examplesText({ examples }: Command): string {
  const lines = examples.map(({ command, explains }) => `  ${command}\n      ${explains}`);
  return ['Examples:', ...lines].join('\n');
}

/** The kinds a command can end with, in the order of the table. */
export function exitKindsOf({ exits }: Command): ErrorKind[] {
  const possible = new Set<ErrorKind>(['usage', ...exits, 'interrupted']);
  return (Object.keys(ERROR_KINDS) as ErrorKind[]).filter((kind) => possible.has(kind));
}

/** What exit code 0 means. */
export function doneText({ doneOnSigterm }: Command): string {
  return doneOnSigterm ? 'done, or stopped by SIGTERM' : 'done';
}

export function exitsText(command: Command): string {
  const rows: [number, string][] = [
    [0, doneText(command)],
    [1, 'a bug of gex: any other error'],
    ...exitKindsOf(command).map((kind): [number, string] => [
      ERROR_KINDS[kind].exit,
      `${kind}: ${ERROR_KINDS[kind].means}`,
    ]),
  ];
  return ['Exit codes:', ...rows.map(([code, means]) => `  ${String(code).padEnd(4)}${means}`)].join('\n');
}
