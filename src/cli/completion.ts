import type { OptionRow } from '../config/option.js';
import { OPTIONS, type OptionKey } from '../config/table.js';
import type { Command } from './command.js';
import { GLOBAL_OPTIONS } from './program.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;

type Shell = (typeof SHELLS)[number];

/** The completion script of a shell, made from the command and option tables. */
export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return { bash, zsh, fish }[shell](commands);
}

const row = (key: OptionKey): OptionRow<unknown> => OPTIONS[key];

/** The words a command's arguments take, where they are closed sets. */
const argumentWords = (command: Command): readonly string[] =>
  command.arguments?.flatMap(({ choices }) => choices ?? []) ?? [];

/** Values that are not a closed set fall back to file names (`-o default`). */
function bash(commands: readonly Command[]): string {
  const globals = GLOBAL_OPTIONS.map((key) => row(key).flag).concat('--help');
  const valued = (prefix: string, key: OptionKey): string[] => {
    const { flag, type } = row(key);
    if (type.placeholder === undefined) return [];
    const words = type.choices ? `words='${type.choices.join(' ')}'` : `words=''`;
    return [`    ${prefix}${flag}') ${words} ;;`];
  };
  const cases = [
    ...GLOBAL_OPTIONS.flatMap((key) => valued(`*' `, key)),
    ...commands.flatMap(({ name, options }) => options.flatMap((key) => valued(`'${name} `, key))),
  ];
  const words = (command: Command): string =>
    [...argumentWords(command), ...command.options.map((key) => row(key).flag), ...globals].join(' ');
  return `# bash completion of gex; load it with: source <(gex completion bash)
_gex() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD - 1]}" command='' word words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in
      ${commands.map(({ name }) => name).join(' | ')}) command="$word"; break ;;
    esac
  done
  case "$command $previous" in
${cases.join('\n')}
    *)
      case "$command" in
        '') words='${commands.map(({ name }) => name).join(' ')} ${globals.join(' ')} --version' ;;
${commands.map((command) => `        ${command.name}) words='${words(command)}' ;;`).join('\n')}
      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _gex gex
`;
}

function zsh(commands: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  const inBrackets = (text: string): string => text.replace(/[[\]\\]/g, '\\$&');
  const beforeColon = (text: string): string => text.replace(/[:\\]/g, '\\$&');
  const spec = (key: OptionKey): string => {
    const { flag, short, type, description } = row(key);
    const action = type.choices ? `(${type.choices.join(' ')})` : '_files';
    const value = type.placeholder === undefined ? '' : `:${beforeColon(type.placeholder)}:${action}`;
    const names = short ? `(${short} ${flag})'{${short},${flag}}'` : flag;
    return `'${names}[${inBrackets(description).replaceAll("'", `'\\''`)}]${value}'`;
  };
  const lines = (keys: readonly OptionKey[]): string => keys.map((key) => ` \\\n        ${spec(key)}`).join('');
  const positional = ({ arguments: rows = [] }: Command): string =>
    rows
      .map(({ name, choices, variadic }, index) => {
        const position = variadic ? '*' : String(index + 1);
        return ` \\\n        ${quote(`${position}:${name}:${choices ? `(${choices.join(' ')})` : '_files'}`)}`;
      })
      .join('');
  const names = commands.map(({ name, summary }) => `      ${quote(`${name}:${summary}`)}`).join('\n');
  const branches = commands.map(
    (command) =>
      `    ${command.name})\n      _arguments${lines([...GLOBAL_OPTIONS, ...command.options])}${positional(command)}\n      ;;`,
  );
  return `#compdef gex
# zsh completion of gex; load it with: source <(gex completion zsh)
_gex() {
  local curcontext="$curcontext" state line
  typeset -A opt_args
  _arguments -C${lines(GLOBAL_OPTIONS)} \\
        '1: :->command' \\
        '*:: :->rest'
  if [[ $state == command ]]; then
    local -a commands
    commands=(
${names}
    )
    _describe command commands
    return
  fi
  case $line[1] in
${branches.join('\n')}
  esac
}
if [[ "$funcstack[1]" == _gex ]]; then _gex "$@"; else compdef _gex gex; fi
`;
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`;
  const optionLine = (condition: string, key: OptionKey): string => {
    const { flag, short, type, description } = row(key);
    const names = `${short ? `-s ${short.slice(1)} ` : ''}-l ${flag.slice(2)}`;
    const value =
      type.placeholder === undefined ? '' : type.choices ? ` -x -a ${quote(type.choices.join(' '))}` : ' -r -F';
    return `complete -c gex${condition} ${names}${value} -d ${quote(description)}`;
  };
  const lines = commands.flatMap((command) => {
    const condition = ` -n ${quote(`__fish_seen_subcommand_from ${command.name}`)}`;
    const words = argumentWords(command);
    const positional =
      words.length > 0
        ? [`complete -c gex${condition} -a ${quote(words.join(' '))}`]
        : command.arguments
          ? [`complete -c gex${condition} -F`]
          : [];
    return [
      `complete -c gex -n __fish_use_subcommand -a ${command.name} -d ${quote(command.summary)}`,
      ...positional,
      ...command.options.map((key) => optionLine(condition, key)),
    ];
  });
  return `# fish completion of gex; load it with: gex completion fish | source
complete -c gex -f
${[...GLOBAL_OPTIONS.map((key) => optionLine('', key)), ...lines].join('\n')}
`;
}
