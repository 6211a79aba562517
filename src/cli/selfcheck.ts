import { GexError } from '../errors.js';
import { type HttpAnswer, httpGet } from '../io/http.js';
import { streamPath } from '../stores/archive/path.js';
import { openStream } from '../stores/archive/read.js';
import { CATEGORIES, type StreamKey } from '../wire/catalogue.js';

/** One request of the server and what has to be in its answer. */
interface Check {
  readonly path: string;
  /** What is wrong with the answer, or undefined. */
  readonly fault: (answer: HttpAnswer) => string | undefined | Promise<string | undefined>;
}

export interface CheckResult {
  readonly path: string;
  readonly fault?: string;
}

interface ServedDay {
  /** Such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Root of the archive that is served. */
  readonly root: string;
  readonly date: string;
  readonly tickers: readonly string[];
}

/** Requests every kind of address of a freshly started server over real HTTP; a new API key each, so all start at record 0. */
export async function checkServer(day: ServedDay, signal: AbortSignal): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { path, fault } of checksOf(day)) {
    const separator = path.includes('?') ? '&' : '?';
    const url = `${day.url}${path}${separator}key=check-${results.length}`;
    const found = await httpGet({ url, signal, retries: 0, headers: { 'user-agent': 'gex-demo' } }).then(
      fault,
      sentenceOf,
    );
    results.push(found === undefined ? { path } : { path, fault: found });
  }
  return results;
}

/** A server that fails is a finding; anything else is not this check's to explain. */
function sentenceOf(error: unknown): string {
  if (error instanceof GexError && error.kind === 'upstream') return error.message;
  throw error;
}

function checksOf({ root, date, tickers }: ServedDay): Check[] {
  const [ticker = ''] = tickers;
  const records = tickers.flatMap((name) =>
    CATEGORIES.map((row): StreamKey => ({ date, ticker: name, package: row.package, category: row.category })),
  );
  return [
    { path: '/health', fault: json((body) => holds(body, 'data_date', date)) },
    {
      path: '/available-dates',
      fault: json((body) => (includes(body.dates, date) ? undefined : `dates lack ${date}`)),
    },
    {
      path: '/tickers?loaded=true',
      fault: json(({ stocks, indexes, futures }) => {
        const lacking = tickers.filter((name) => ![stocks, indexes, futures].some((names) => includes(names, name)));
        return lacking.length === 0 ? undefined : `tickers lack ${lacking.join(' ')}`;
      }),
    },
    ...records.map((key) => ({
      path: `/v2/${key.ticker}/${key.package}/${key.category}`,
      fault: (answer: HttpAnswer) => sameAsStored(streamPath(root, key), answer),
    })),
    { path: `/${ticker}/classic/zero/majors`, fault: json((body) => holds(body, 'ticker', ticker)) },
    { path: `/${ticker}/classic/full/maxchange`, fault: json((body) => holds(body, 'ticker', ticker)) },
    { path: '/ZZZZZ/classic/gex_full', fault: ({ status }) => statusFault(status, 404) },
    { path: '/docs/', fault: ({ status, bytes }) => statusFault(status, 200) ?? textFault(bytes, 'swagger-ui') },
    { path: '/openapi.json', fault: json(({ openapi }) => (openapi ? undefined : 'not an OpenAPI document')) },
  ];
}

type Body = Readonly<Record<string, unknown>>;

function json(inspect: (body: Body) => string | undefined): Check['fault'] {
  return ({ status, bytes }) => {
    if (status !== 200) return statusFault(status, 200);
    try {
      return inspect(JSON.parse(Buffer.from(bytes).toString('utf8')) as Body);
    } catch (error) {
      return `not JSON: ${String(error)}`;
    }
  };
}

async function sameAsStored(path: string, { status, bytes }: HttpAnswer): Promise<string | undefined> {
  if (status !== 200) return statusFault(status, 200);
  const file = await openStream(path, 'stream');
  try {
    const stored = await file.line(0);
    return stored.equals(bytes) ? undefined : `${bytes.length} bytes differ from the ${stored.length} of ${path}`;
  } finally {
    await file.close();
  }
}

function statusFault(status: number, wanted: number): string | undefined {
  return status === wanted ? undefined : `status ${status} instead of ${wanted}`;
}

function textFault(bytes: Uint8Array, wanted: string): string | undefined {
  return Buffer.from(bytes).includes(wanted) ? undefined : `the page lacks "${wanted}"`;
}

function holds(body: Body, name: string, wanted: unknown): string | undefined {
  return body[name] === wanted
    ? undefined
    : `${name} is ${JSON.stringify(body[name])} instead of ${JSON.stringify(wanted)}`;
}

const includes = (list: unknown, item: string): boolean => Array.isArray(list) && list.includes(item);
