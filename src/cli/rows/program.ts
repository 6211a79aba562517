import type { Command } from '../command.js';

/** The program itself. */
export const PROGRAM_COMMANDS: readonly Command[] = [
  {
    name: 'demo',
    summary: 'show the main job at work, without network: synthesise a short session, compute it, serve it',
    options: ['check', 'port'],
    examples: [
      { command: 'gex demo', explains: 'prints the addresses to open, and serves until Ctrl-C' },
      { command: 'gex demo --check', explains: 'requests every address itself, then leaves' },
    ],
    exits: ['storage', 'partial'],
    load: () => import('../commands/demo.js'),
  },
  {
    name: 'config',
    summary: 'print every option with its value and the layer that gave it',
    options: [],
    examples: [
      { command: 'gex config', explains: 'what the next command would run with here' },
      { command: 'PORT=9000 gex config --json', explains: 'the same as one JSON object' },
    ],
    exits: [],
    load: () => import('../commands/config.js'),
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
    load: () => import('../commands/completion.js'),
  },
];
