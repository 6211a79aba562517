import { DAEMON_KEYS } from '../../config/rows/daemon.js';
import { DOWNLOAD_KEYS } from '../../config/rows/download.js';
import { GEXBOT_KEYS } from '../../config/rows/gexbot.js';
import { NOTIFY_KEYS } from '../../config/rows/notify.js';
import type { Command } from '../command.js';

/** The archive: filled, looked after, told about. */
export const ARCHIVE_COMMANDS: readonly Command[] = [
  {
    name: 'download',
    summary: 'download days of GexBot history into the archive, only what is missing',
    arguments: [
      { name: 'DATE', required: false, description: 'session to download, YYYY-MM-DD' },
      { name: 'END', required: false, description: 'last session of a range that begins with DATE' },
    ],
    options: ['lookback', ...DOWNLOAD_KEYS, 'refetch', 'dryRun', 'dataDir', ...GEXBOT_KEYS],
    examples: [
      { command: 'gex download 2025-11-14', explains: 'the configured files of one session' },
      {
        command: 'gex download --lookback 7 --tickers SPX,ES_SPX --packages state',
        explains: 'the sessions of the last 7 days; what is held is left alone',
      },
      {
        command: 'gex download 2025-11-10 2025-11-14 --dry-run',
        explains: 'what that would take, without key or network',
      },
      {
        command: 'GEXBOT_BASE_URL=http://127.0.0.1:8080 GEXBOT_API_KEY=x gex download 2026-04-29',
        explains: 'the same from gex serve',
      },
    ],
    exits: ['auth', 'storage', 'missing', 'partial'],
    load: () => import('../commands/download.js'),
  },
  {
    name: 'daemon',
    summary:
      'keep the archive whole: download every session after its close, catch up after an outage, tell how it went',
    arguments: [
      {
        name: 'ACTION',
        required: false,
        description:
          'run: until it is stopped (default); once: what is due now, as under cron; status: how things stand; history: past runs',
        choices: ['run', 'once', 'status', 'history'],
      },
    ],
    options: [...DAEMON_KEYS, 'dataDir', ...DOWNLOAD_KEYS, ...GEXBOT_KEYS, ...NOTIFY_KEYS],
    examples: [
      { command: 'gex daemon', explains: 'every evening at 20:00 New York, first what was missed' },
      {
        command: 'gex daemon --hour 7 --minute 30 --timezone Europe/Berlin --catch-up recent',
        explains: 'the next morning, at most a week back',
      },
      {
        command: 'gex daemon --once',
        explains: 'from cron; 0 when everything due is held, 8 when something is missing',
      },
      { command: 'gex daemon status --json', explains: 'next run, last success, holes with the days left for them' },
      { command: 'gex daemon history --limit 50', explains: 'past runs, also those that were killed' },
    ],
    exits: ['auth', 'upstream', 'storage', 'partial'],
    configAlso: 'daemonConfigPath',
    load: () => import('../commands/daemon.js'),
  },
  {
    name: 'convert',
    summary: 'turn record files that are JSON arrays, as the vendor sends them, into JSON lines',
    arguments: [
      {
        name: 'PATH',
        required: true,
        variadic: true,
        description:
          'a .json or .json.gz file, or a folder to walk for them; the .jsonl file is made beside each, and then takes its place',
      },
    ],
    options: ['keepSource', 'replaceLines', 'dataDir'],
    examples: [
      { command: 'gex convert data', explains: 'every array of the archive; lines that are there already stay' },
      { command: 'gex convert --keep SPX.json.gz --json', explains: 'one file, which stays; the report as JSON' },
    ],
    exits: ['data', 'storage', 'missing', 'partial'],
    load: () => import('../commands/convert.js'),
  },
  {
    name: 'archive',
    summary: 'look after the record files: list them, verify their bytes, audit what is missing, prune, export',
    arguments: [
      {
        name: 'ACTION',
        required: true,
        description:
          'list: what is held; verify: every byte against the ledger; audit: every session, ticker and category; prune: remove old days; export: a ZIP or a folder',
        choices: ['list', 'verify', 'audit', 'prune', 'export'],
      },
    ],
    options: [
      'dataDir',
      'archiveFrom',
      'archiveTo',
      'archiveTickers',
      'archiveCategories',
      'adopt',
      'olderThan',
      'confirmed',
      'pruneDryRun',
      'archiveOutput',
      'replaceExport',
    ],
    examples: [
      { command: 'gex archive list --from 2025-11-01', explains: 'files, rows, bytes and times by date and ticker' },
      {
        command: 'gex archive audit --tickers SPX,NDX --categories classic,state/gex_full',
        explains: 'exit 8 while a file of a session is not held, with the days left to fetch it',
      },
      { command: 'gex archive verify --adopt', explains: 'reads everything; files nobody wrote down are, when whole' },
      { command: 'gex archive prune --older-than 180d', explains: 'says what would go; --yes removes it' },
      {
        command: 'gex archive export --from 2025-11-14 --to 2025-11-14 --output day.zip',
        explains: "the vendor's layout",
      },
    ],
    exits: ['storage', 'missing', 'partial'],
    load: () => import('../commands/archive.js'),
  },
  {
    name: 'notify',
    summary: 'send a test message on every configured channel: ntfy, webhook, e-mail',
    arguments: [{ name: 'ACTION', required: true, description: 'test: send a test message', choices: ['test'] }],
    options: NOTIFY_KEYS,
    examples: [
      { command: 'NTFY_ENABLED=true NTFY_TOPIC=my-archive gex notify test', explains: 'one push message' },
      { command: 'gex notify test --json', explains: 'every channel of .env, with what became of it' },
    ],
    exits: ['upstream'],
    load: () => import('../commands/notify.js'),
  },
  {
    name: 'service',
    summary: 'print a file that keeps gex daemon running, or runs it once a day: systemd, cron, launchd, compose',
    arguments: [
      { name: 'ACTION', required: true, description: 'print: to stdout; nothing is installed', choices: ['print'] },
      {
        name: 'KIND',
        required: true,
        description: 'systemd (a daemon), systemd-once with systemd-timer, cron, launchd (macOS) or compose',
        choices: ['systemd', 'systemd-once', 'systemd-timer', 'cron', 'launchd', 'compose'],
      },
    ],
    options: ['dataDir'],
    examples: [
      {
        command: 'gex service print systemd | sudo tee /etc/systemd/system/gex-daemon.service',
        explains: 'a daemon on a server',
      },
      { command: '(crontab -l; gex service print cron) | crontab -', explains: 'one run a day' },
    ],
    exits: [],
    load: () => import('../commands/service.js'),
  },
];
