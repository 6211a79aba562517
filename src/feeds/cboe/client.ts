import type { ChainSnapshot } from '../../core/model.js';
import { isIndex, underlyingOf } from '../../core/settlement.js';
import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { type HttpAnswer, httpGet } from '../../io/http.js';
import { unpackText } from '../../io/unpack.js';
import { type ChainReadOptions, plainTicker } from '../../wire/chain-reading.js';
import { readChainText } from '../../wire/chain-text.js';

/** Where and how patiently to fetch, and how to read. */
interface CboeOptions extends ChainReadOptions {
  /** Default: Cboe's public address of delayed quotes. */
  readonly baseUrl?: string;
  readonly timeoutMs?: number;
  readonly retries?: number;
  readonly retryWaitMs?: number;
}

const BASE_URL = 'https://cdn.cboe.com/api/global/delayed_quotes';

/** Address of a ticker's delayed quotes; index tickers take an underscore (`_SPX`), option roots mean their underlying. */
export function cboeUrl(ticker: string, baseUrl: string = BASE_URL): string {
  const underlying = underlyingOf(plainTicker(ticker));
  return `${baseUrl.replace(/\/+$/, '')}/options/${isIndex(underlying) ? '_' : ''}${encodeURIComponent(underlying)}.json`;
}

/**
 * Fetches a ticker's option chain, delayed by 15 minutes. Throws `missing` for tickers Cboe does not serve, `upstream` when
 * it cannot be reached, `data` when the body is no chain.
 */
export async function fetchCboeChain(
  ticker: string,
  options: CboeOptions,
  ctx: Pick<Ctx, 'log' | 'signal'>,
): Promise<ChainSnapshot> {
  const url = cboeUrl(ticker, options.baseUrl);
  const { status, bytes } = await fetchBody(url, options, ctx);
  ctx.log.debug('fetched delayed quotes', { url, status, bytes: bytes.length });
  const text = unpackText(bytes, url);
  // Its storage answers 403 for names it does not hold.
  const isUnavailable = text.trimStart().startsWith('Unavailable');
  if (status === 403 || status === 404 || isUnavailable) {
    const found = isUnavailable ? '"Unavailable"' : status;
    throw new GexError(
      'missing',
      `Cboe serves no option chain of "${ticker}" (${url} answered ${found}); check the ticker`,
    );
  }
  if (status !== 200)
    throw new GexError('upstream', `${url}: answered ${status}; try again later, or use --source synth`);
  return readChainText(text, url, options);
}

async function fetchBody(url: string, options: CboeOptions, { signal }: Pick<Ctx, 'signal'>): Promise<HttpAnswer> {
  const { timeoutMs, retries, retryWaitMs } = options;
  try {
    return await httpGet({
      url,
      headers: { accept: 'application/json', 'accept-encoding': 'gzip', 'user-agent': 'gex-toolkit' },
      signal,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(retries === undefined ? {} : { retries }),
      ...(retryWaitMs === undefined ? {} : { retryWaitMs }),
    });
  } catch (error) {
    if (!(error instanceof GexError) || error.kind !== 'upstream') throw error;
    throw new GexError('upstream', `${error.message}, or use --source synth`, { cause: error });
  }
}
