import { option } from '../option.js';
import { decimal, hostPattern, httpAddress, listOf, text, whole } from '../values.js';

/** How the vendor is reached; names and defaults of GexBot contract section 2.4. */
export const GEXBOT_ROWS = {
  gexbotBaseUrl: option({
    flag: '--base-url',
    env: 'GEXBOT_BASE_URL',
    yaml: 'api.base_url',
    type: httpAddress,
    default: 'https://api.gex.bot',
    description: 'address of the GexBot API, or of gex serve',
  }),
  gexbotApiKey: option({
    flag: '--api-key',
    env: 'GEXBOT_API_KEY',
    yaml: 'api.api_key',
    type: text('KEY', 'the key of your GexBot account'),
    otherwise: 'nothing can be downloaded',
    description: 'key of the GexBot account',
    secret: true,
  }),
  gexbotFileHosts: option({
    flag: '--file-hosts',
    env: 'GEXBOT_FILE_HOSTS',
    yaml: 'api.file_hosts',
    type: listOf(hostPattern, 'host names separated by commas such as hist.gex.bot,*.example.org'),
    default: ['hist.gex.bot', 'hist.gexbot.com', '*.amazonaws.com'],
    description: 'hosts that files may come from, besides the one of the base URL',
  }),
  gexbotTimeout: option({
    flag: '--timeout',
    env: 'GEXBOT_API_TIMEOUT_SEC',
    yaml: 'api.timeout_sec',
    type: decimal('SECONDS', 0.1, 86_400),
    default: 300,
    description: 'seconds to wait for an answer, and for the next bytes of a file',
  }),
  gexbotRetries: option({
    flag: '--retries',
    env: 'GEXBOT_API_RETRY_COUNT',
    yaml: 'api.retry_count',
    type: whole('N', 0, 100),
    default: 3,
    description: 'further attempts after a failure that may pass',
  }),
  gexbotRetryDelay: option({
    flag: '--retry-delay',
    env: 'GEXBOT_API_RETRY_DELAY_SEC',
    yaml: 'api.retry_delay_sec',
    type: decimal('SECONDS', 0, 3600),
    default: 5,
    description: 'seconds before the first further attempt; doubles with each',
  }),
} as const;

/** How the vendor is asked: every command that does. */
export const GEXBOT_KEYS = [
  'gexbotBaseUrl',
  'gexbotApiKey',
  'gexbotFileHosts',
  'gexbotTimeout',
  'gexbotRetries',
  'gexbotRetryDelay',
] as const satisfies readonly (keyof typeof GEXBOT_ROWS)[];
