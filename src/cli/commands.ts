import type { Command } from './command.js';

/** Every subcommand. A new one is a row here and a file in `commands/`. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'config',
    summary: 'print every option with its value and the layer that gave it',
    options: [],
    examples: [
      { command: 'gex config', explains: 'what the next command would run with here' },
      { command: 'PORT=9000 gex config --json', explains: 'the same as one JSON object' },
    ],
    exits: [],
    load: () => import('./commands/config.js'),
  },
  {
    name: 'completion',
    summary: 'print the completion script of a shell',
    arguments: [{ name: 'SHELL', required: true, description: 'bash, zsh or fish', choices: ['bash', 'zsh', 'fish'] }],
    options: [],
    examples: [
      { command: 'source <(gex completion bash)', explains: 'in ~/.bashrc; with zsh the same in ~/.zshrc' },
      { command: 'gex completion fish > ~/.config/fish/completions/gex.fish', explains: 'for fish' },
    ],
    exits: [],
    standalone: true,
    load: () => import('./commands/completion.js'),
  },
];
