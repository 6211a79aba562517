import { GexError } from '../../errors.js';
import { placeOf } from '../../io/web.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * A check of file addresses: throws GexError `data` unless the host is allowed and the connection is safe. Patterns: `host`,
 * `host:port`, `*.suffix` or `.suffix` (any host below it). The API's own origin is allowed; plain http only there, or
 * anywhere allowed when the API itself is plain http on this machine.
 */
export function fileHostCheck(base: URL, patterns: readonly string[]): (url: URL) => void {
  const isLocal = base.protocol === 'http:' && LOOPBACK.test(base.hostname);
  return (url) => {
    if (url.origin === base.origin && url.username === '' && url.password === '') return;
    if (!patterns.some((pattern) => matches(url, pattern.trim().toLowerCase()))) {
      const hint = `it is not among the allowed hosts (${[base.host, ...patterns].join(', ')})`;
      throw linkError(url, `${hint}; add it to GEXBOT_FILE_HOSTS if you trust it`);
    }
    if (url.username !== '' || url.password !== '') throw linkError(url, 'it carries a user name or password');
    if (url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)) return;
    throw linkError(url, `${url.protocol}// is not https`);
  };
}

function matches(url: URL, pattern: string): boolean {
  if (pattern === '') return false;
  const suffix = /^\*?(\..+)$/.exec(pattern)?.[1];
  if (suffix !== undefined) return url.port === '' && url.hostname.endsWith(suffix);
  return url.host === pattern;
}

function linkError(url: URL, found: string): GexError {
  return new GexError('data', `the file is at ${placeOf(url)}, and ${found}`);
}
