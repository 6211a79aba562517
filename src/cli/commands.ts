import type { Command } from './command.js';

/** Every subcommand. A new one is a row here and a file in `commands/`. */
export const COMMANDS: readonly Command[] = [
  {
    name: 'synth',
    summary: 'make a whole market session from a seed, with record files of every category, ticks and exposures',
    options: [
      'dataDir',
      'synthDate',
      'tickers',
      'seed',
      'pathModel',
      'interval',
      'exposureInterval',
      'sessionStart',
      'sessionEnd',
      'replace',
    ],
    examples: [
      { command: 'gex synth', explains: 'the last session of SPX, a record every 5 seconds' },
      {
        command: 'gex synth --tickers SPX,SPY --seed 7 --model heston --interval 1s',
        explains: 'two tickers at full rate; the same bytes on every run',
      },
      { command: 'gex synth --date 2026-08-19 --start 09:30 --end 10:00 --force', explains: 'half an hour, again' },
    ],
    exits: ['missing', 'storage'],
    load: () => import('./commands/synth.js'),
  },
  {
    name: 'serve',
    summary: 'serve a day of the archive over HTTP, record by record for each API key',
    options: [
      'dataDir',
      'dataDate',
      'host',
      'port',
      'dataMode',
      'cacheMode',
      'endpointCacheMode',
      'playbackMaxKeys',
      'adminToken',
    ],
    examples: [
      { command: 'gex serve', explains: 'the newest day of ./data at http://127.0.0.1:8080' },
      {
        command: 'gex serve --date 2026-04-29 --port 0 --json',
        explains: 'one day on a free port, the address as JSON',
      },
      { command: 'CACHE_MODE=rotation gex serve --data-mode stream', explains: 'endless, with little memory' },
    ],
    exits: ['missing', 'storage'],
    load: () => import('./commands/serve.js'),
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
