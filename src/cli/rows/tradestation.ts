import { BUS_KEYS } from '../../config/rows/bus.js';
import { TRADESTATION_KEYS } from '../../config/rows/tradestation.js';
import type { Command } from '../command.js';

/** The user's own market data. */
export const TRADESTATION_COMMANDS: readonly Command[] = [
  {
    name: 'auth',
    summary: 'sign in to TradeStation in a browser, or show how the sign-in stands',
    arguments: [
      {
        name: 'ACTION',
        required: true,
        description:
          'login: signs in and keeps the tokens in the data folder; status: shows them, masked, and renews an access token that has expired',
        choices: ['login', 'status'],
      },
    ],
    options: [
      ...TRADESTATION_KEYS,
      'tsScopes',
      'tsRedirectUrl',
      'authPaste',
      'authNoBrowser',
      'authRefresh',
      'dataDir',
    ],
    examples: [
      {
        command: 'gex auth login',
        explains: 'opens the browser; the key must have the callback http://localhost:31022',
      },
      {
        command: 'gex auth login --paste',
        explains: 'on a server: sign in elsewhere, then paste the address the browser ended at',
      },
      {
        command: 'gex auth status --refresh --json',
        explains: 'whether the tokens work, as JSON; exit code 3 when not',
      },
    ],
    exits: ['auth', 'upstream', 'data', 'storage'],
    load: () => import('../commands/auth.js'),
  },
  {
    name: 'probe',
    summary: 'ask TradeStation one question of each kind: does the key work, and for what',
    arguments: [
      {
        name: 'ACTION',
        required: true,
        description:
          'quote, bars, options (expirations, strikes, one row of the chain stream with greeks), search, market-hours, depth, crypto, or all',
        choices: ['quote', 'bars', 'options', 'search', 'market-hours', 'depth', 'crypto', 'all'],
      },
    ],
    options: ['probeSymbol', 'probeWait', 'rate', 'tsWarnHours', ...TRADESTATION_KEYS, 'dataDir'],
    examples: [
      { command: 'gex probe quote --symbol SPX', explains: 'one quote; exit code 3 when the key is refused' },
      { command: 'gex probe all --json', explains: 'everything; 8 when some questions were not answered' },
    ],
    exits: ['auth', 'upstream', 'data', 'storage', 'missing', 'partial'],
    load: () => import('../commands/probe.js'),
  },
  {
    name: 'stream',
    summary:
      'record gamma exposure live, from TradeStation or a synthetic session: records of every category in the archive, levels, gaps',
    options: [
      'streamSource',
      'streamUnderlyings',
      'streamExpirations',
      'streamStrikeDistance',
      'streamInterval',
      'streamMaxIterations',
      'streamDebug',
      'rate',
      'dataDir',
      ...TRADESTATION_KEYS,
      'tsSymbolsPerStream',
      'tsMaxStreams',
      'seed',
      'pathModel',
      'playbackSpeed',
      'exposureInterval',
      ...BUS_KEYS,
    ],
    examples: [
      { command: 'gex stream --underlying SPY', explains: 'the session under way, or the next one, to its close' },
      {
        command: 'gex stream --underlying SPX,SPY --expirations 2 --strike-distance 50 --interval 1',
        explains: 'two underlyings every second',
      },
      { command: 'gex stream --max-iterations 12 | jq .netGex', explains: 'a minute, an object per tick' },
      {
        command: 'gex stream --source synth --underlying SPX,SPY --speed 10',
        explains: 'a synthetic session, without any account',
      },
      {
        command: 'gex stream --bus-url redis://127.0.0.1:6379',
        explains: 'tells other processes of each record, in Redis Streams',
      },
    ],
    exits: ['auth', 'upstream', 'data', 'storage', 'missing'],
    doneOnSigterm: true,
    load: () => import('../commands/stream.js'),
  },
  {
    name: 'backfill',
    summary:
      'fetch the bars that the store lacks from TradeStation: of an underlying, and of option contracts around it in place of past chains, which nobody can fetch',
    options: [
      'backfillUnderlying',
      'lookbackDays',
      'backfillInterval',
      'backfillUnit',
      'backfillExpirations',
      'backfillDistance',
      'sampleEvery',
      'dryRun',
      'dataDir',
      ...TRADESTATION_KEYS,
    ],
    examples: [
      { command: 'gex backfill', explains: 'five-minute bars of SPY since yesterday, and of contracts near its price' },
      {
        command: 'gex backfill --underlying SPX --lookback-days 30 --interval 1 --expirations 0',
        explains: 'a month of minutes of the index alone',
      },
      { command: 'gex backfill --lookback-days 7 --dry-run', explains: 'how many requests, and how long they take' },
    ],
    exits: ['auth', 'upstream', 'storage', 'missing', 'partial'],
    load: () => import('../commands/backfill.js'),
  },
  {
    name: 'simulate',
    summary: 'serve a local stand-in of a market data vendor, its market made from a seed, for trials and tests',
    arguments: [
      { name: 'VENDOR', required: true, description: 'the vendor to stand in for', choices: ['tradestation'] },
    ],
    options: [
      'simulatePort',
      'seed',
      'simulateSpeed',
      'simulateStart',
      'simulateTickers',
      'simulateQuotes',
      'simulateUpdates',
      'simulateFaults',
      'rotatingTokens',
      'autoConsent',
    ],
    examples: [
      { command: 'gex simulate tradestation', explains: 'prints the variables to export, and serves until Ctrl-C' },
      {
        command: 'gex simulate tradestation --seed 7 --start 2026-08-19T09:29 --speed 60',
        explains: 'a session in six and a half minutes, the same at every run',
      },
    ],
    exits: ['missing', 'storage'],
    doneOnSigterm: true,
    load: () => import('../commands/simulate.js'),
  },
];
