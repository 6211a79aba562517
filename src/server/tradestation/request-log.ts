import type { IncomingMessage } from 'node:http';

/** A request as tests and people read it back; nothing secret is kept. */
export interface LoggedRequest {
  readonly id: number;
  readonly method: string;
  /** Path and query; credentials in it are `***`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Form fields of sign-in requests, credentials masked; undefined for other bodies. */
  readonly form: Readonly<Record<string, string>> | undefined;
  readonly serviceMs: number;
  readonly marketMs: number;
  /** Epoch ms of the wall clock. */
  readonly wallMs: number;
  status: number | undefined;
}

const KEPT = 20_000;
const MASK = '***';
const SECRET_FIELDS = new Set([
  'client_secret',
  'refresh_token',
  'code',
  'code_verifier',
  'access_token',
  'token',
  'code_challenge',
]);
const SECRET_HEADERS = new Set(['authorization', 'cookie', 'proxy-authorization']);

/** The newest requests, without their secrets. */
export class RequestLog {
  #entries: LoggedRequest[] = [];
  #next = 1;

  get entries(): readonly LoggedRequest[] {
    return this.#entries;
  }

  clear(): void {
    this.#entries = [];
  }

  add(
    request: IncomingMessage,
    body: string,
    times: Pick<LoggedRequest, 'serviceMs' | 'marketMs' | 'wallMs'>,
  ): LoggedRequest {
    const headers = Object.entries(request.headers).map(([name, value]) => {
      const text = Array.isArray(value) ? value.join(', ') : (value ?? '');
      return [name, SECRET_HEADERS.has(name) ? text.replace(/^(\w+ )?.*$/s, `$1${MASK}`) : text];
    });
    const isForm = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
    const entry = {
      ...{
        id: this.#next++,
        method: request.method ?? '',
        url: maskedUrl(request.url ?? ''),
        status: undefined,
        ...times,
      },
      headers: Object.fromEntries(headers) as Record<string, string>,
      form: isForm ? masked(new URLSearchParams(body)) : undefined,
    };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    return entry;
  }
}

function masked(fields: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...fields].map(([name, value]) => [name, SECRET_FIELDS.has(name) ? MASK : value]));
}

function maskedUrl(url: string): string {
  const [path = '', query] = url.split('?', 2);
  if (query === undefined) return path;
  // Only what has to be hidden is rewritten: tests look at the encoding of the rest.
  return `${path}?${query.replace(/(^|&)([^=&]+)=([^&]*)/g, (all, lead: string, name: string) => (SECRET_FIELDS.has(decodeName(name)) ? `${lead}${name}=${MASK}` : all))}`;
}

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
