import type { ChainSnapshot } from '../core/model.js';
import { GexError } from '../errors.js';
import { isCboeCsv, readCboeCsv } from './cboe-csv.js';
import { cboeData, readCboeJson } from './cboe-json.js';
import { type ChainReadOptions, excerpt, isObject } from './chain-reading.js';
import { readGexChain } from './gex-chain.js';

const READABLE = 'Cboe delayed-quotes JSON, Cboe quotedata CSV or gex-chain/1 JSON';

/** Reads a chain in any of the known formats, recognised by content. `name` is for messages. Throws `data`. */
export function readChainText(text: string, name: string, options: ChainReadOptions = {}): ChainSnapshot {
  const start = text.slice(0, 1000).trimStart();
  if (start === '' && text.trim() === '') throw new GexError('data', `${name}: is empty; expected ${READABLE}`);
  if (start.startsWith('{') || start.startsWith('[')) return readJson(text, name, options);
  if (isCboeCsv(text)) return readCboeCsv(text, name, options);
  if (start.startsWith('Unavailable')) {
    throw new GexError(
      'data',
      `${name}: holds "Unavailable", which Cboe answers for tickers it does not serve; check the ticker`,
    );
  }
  const found = /^<(!doctype|html|\?xml)/i.test(start) ? 'a web page' : `text that starts "${excerpt(start)}"`;
  throw new GexError('data', `${name}: found ${found}; expected ${READABLE}`);
}

function readJson(text: string, name: string, options: ChainReadOptions): ChainSnapshot {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    const reason = excerpt(cause instanceof Error ? cause.message : String(cause), 120);
    throw new GexError('data', `${name}: is not whole JSON (${reason}); fetch or write it again`, { cause });
  }
  if (isObject(body)) {
    if (typeof body.schema === 'string') return readGexChain(body, name, options);
    if (cboeData(body) !== undefined) return readCboeJson(body, name, options);
  }
  const found = isObject(body)
    ? `an object with ${excerpt(Object.keys(body).slice(0, 6).join(', '), 80) || 'nothing'}`
    : 'a list';
  throw new GexError('data', `${name}: is JSON but no option chain: found ${found}; expected ${READABLE}`);
}
