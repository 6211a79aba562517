import { option, toggle } from '../option.js';
import { dateOr } from '../times.js';
import { oneOf, text, whole } from '../values.js';

/** Options of `gex serve` and `gex demo`. */
export const SERVE_ROWS = {
  port: option({
    flag: '--port',
    env: 'PORT',
    yaml: 'serve.port',
    type: whole('PORT', 0, 65535),
    default: 8080,
    description: 'TCP port; 0 takes any free one',
  }),
  host: option({
    flag: '--host',
    env: 'HOST',
    yaml: 'serve.host',
    type: text('HOST', 'a host name or address'),
    default: '127.0.0.1',
    description: 'address to listen on; 0.0.0.0 for all',
  }),
  dataDate: option({
    flag: '--date',
    env: 'DATA_DATE',
    yaml: 'serve.date',
    type: dateOr(['latest']),
    default: 'latest',
    description: 'day of the archive to serve',
  }),
  dataMode: option({
    flag: '--data-mode',
    env: 'DATA_MODE',
    yaml: 'serve.data_mode',
    type: oneOf('MODE', ['memory', 'stream']),
    default: 'memory',
    description: 'keep the day in memory, or read each record from disk',
  }),
  cacheMode: option({
    flag: '--cache-mode',
    env: 'CACHE_MODE',
    yaml: 'serve.cache_mode',
    type: oneOf('MODE', ['exhaust', 'rotation']),
    default: 'exhaust',
    description: 'after the last record: 404, or start again',
  }),
  endpointCacheMode: option({
    flag: '--endpoint-cache-mode',
    env: 'ENDPOINT_CACHE_MODE',
    yaml: 'serve.endpoint_cache_mode',
    type: oneOf('MODE', ['shared', 'independent']),
    default: 'shared',
    description: 'one position per ticker and package, or one per endpoint',
  }),
  playbackMaxKeys: option({
    flag: '--playback-max-keys',
    env: 'PLAYBACK_MAX_KEYS',
    yaml: 'serve.playback_max_keys',
    type: whole('N', 1, 10_000_000),
    default: 10_000,
    description: 'API keys whose positions are kept; the least recently used one leaves',
  }),
  adminToken: option({
    flag: '--admin-token',
    env: 'ADMIN_TOKEN',
    yaml: 'serve.admin_token',
    type: text('TOKEN', 'the token of the routes that change the server'),
    otherwise: 'these routes need none on loopback and are refused beyond it',
    description: 'token for the routes that change the server',
    secret: true,
  }),
  check: toggle({ flag: '--check', description: 'request every address itself, then leave' }),
} as const;
