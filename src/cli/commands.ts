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
];
