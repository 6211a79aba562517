import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.js';
import { completionScript } from '../../src/cli/completion.js';
import { GLOBAL_OPTIONS } from '../../src/cli/program.js';
import { OPTIONS } from '../../src/config/table.js';

/** What bash offers after the words of a command line; the last one is being typed. */
function offered(...words: string[]): string[] {
  const script = `${completionScript('bash', COMMANDS)}
complete -p gex >/dev/null || exit 9
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gex; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const out = execFileSync('bash', ['--norc', '-c', script, 'bash', 'gex', ...words], { encoding: 'utf8' });
  return out.split('\n').filter(Boolean);
}

test('bash completes commands, options of the command, and words of an option or argument', () => {
  expect(offered('')).toEqual(expect.arrayContaining(COMMANDS.map(({ name }) => name)));
  expect(offered('comple')).toEqual(['completion']);
  expect(offered('--log-level', 'd')).toEqual(['debug']);
  expect(offered('config', '--log-level', '')).toEqual(['debug', 'info', 'warn', 'error', 'silent']);
  expect(offered('completion', '')).toEqual(expect.arrayContaining(['bash', 'zsh', 'fish']));
  expect(offered('service', 'print', 'systemd-')).toEqual(['systemd-once', 'systemd-timer']);
  expect(offered('config', '--config', '')).toEqual([]);
  for (const { name, options } of COMMANDS) {
    const flags = [...GLOBAL_OPTIONS, ...options].map((key) => OPTIONS[key].flag);
    expect(offered(name, '--').sort()).toEqual([...flags, '--help'].sort());
  }
});

test('bash offers the words of each option of each command', () => {
  for (const { name, options } of COMMANDS) {
    for (const key of options) {
      const { flag, type } = { ...OPTIONS[key] };
      if ('choices' in type && type.choices) expect(offered(name, flag, '')).toEqual([...type.choices]);
    }
  }
});

test('zsh completes every value of an argument that repeats, else only the first', () => {
  const script = completionScript('zsh', COMMANDS);
  expect(script).toContain("'*:PATH:_files'");
  expect(script).toContain("'1:FILE:_files'");
});

test.each(['zsh', 'fish'] as const)('the %s script names every command and option', (shell) => {
  const script = completionScript(shell, COMMANDS);
  for (const { name, options, summary } of COMMANDS) {
    expect(script).toContain(name);
    expect(script).toContain(summary);
    for (const key of [...GLOBAL_OPTIONS, ...options]) {
      const { flag } = OPTIONS[key];
      expect(script).toContain(shell === 'fish' ? `-l ${flag.slice(2)} ` : flag);
    }
  }
});
