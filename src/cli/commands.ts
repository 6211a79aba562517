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
    name: 'compute',
    summary: 'compute gamma exposure, zero gamma and the levels of an option chain',
    options: [
      'ticker',
      'chain',
      'source',
      'asOf',
      'expiry',
      'spot',
      'preset',
      'unit',
      'sign',
      'weight',
      'iv',
      'greeks',
      'rate',
      'dividendYield',
      'sweep',
      'computeFormat',
      'store',
      'seed',
      'cboeBaseUrl',
      'dataDir',
    ],
    examples: [
      {
        command: 'gex compute --ticker SPY',
        explains: 'delayed quotes of Cboe, or the stored chain when it is recent',
      },
      {
        command: 'gex compute --source synth --ticker SPX --expiry 0dte',
        explains: 'a synthetic chain, without network',
      },
      {
        command: 'gex compute --chain spx.csv.gz --preset perfiliev --json',
        explains: 'a file, in a known convention',
      },
      { command: 'gex compute --ticker SPX --store', explains: 'keep the records, exposures and levels too' },
    ],
    exits: ['upstream', 'data', 'storage', 'missing'],
    load: () => import('./commands/compute.js'),
  },
  {
    name: 'price',
    summary:
      'price options from CSV or JSONL: price and 12 greeks from a vol, implied volatility and greeks from a price',
    arguments: [
      {
        name: 'FILE',
        required: false,
        description:
          'CSV with a header or JSONL, gzip or not; - or nothing is stdin. Columns: id, type (c, p, call, put), spot (or forward), strike, t (years) or expiry, rate, yield, and vol or price',
      },
    ],
    options: ['pricingModel', 'priceFormat', 'priceAsOf', 'priceRate', 'priceYield'],
    examples: [
      { command: 'gex price options.csv', explains: 'a row out for every row in, in the same order' },
      {
        command: "echo 'type,spot,strike,t,vol\nc,100,105,0.25,0.2' | gex price - --rate 0.04 --format jsonl",
        explains: 'from stdin, numbers with every digit',
      },
      {
        command: 'gex price quotes.jsonl --model black76 --as-of 2026-08-19T15:45',
        explains: 'options on futures, years from the expiry dates',
      },
    ],
    exits: ['data', 'storage', 'missing', 'partial'],
    load: () => import('./commands/price.js'),
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
    name: 'demo',
    summary: 'show the main job at work, without network: synthesise a short session, compute it, serve it',
    options: ['check', 'port'],
    examples: [
      { command: 'gex demo', explains: 'prints the addresses to open, and serves until Ctrl-C' },
      { command: 'gex demo --check', explains: 'requests every address itself, then leaves' },
    ],
    exits: ['storage', 'partial'],
    load: () => import('./commands/demo.js'),
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
