import { createReadStream } from 'node:fs';
import { addAbortSignal } from 'node:stream';
import { moment } from '../../config/times.js';
import { GexError } from '../../errors.js';
import { readPricingRows } from '../../feeds/file/pricing.js';
import { priceRows } from '../../jobs/price.js';
import type { CommandCall } from '../command.js';
import { instantOf } from '../moment.js';
import { type PriceFormat, priceWriter } from '../price-output.js';

/** Prices the options of a file or of stdin, in order; ends with `partial` when rows were bad. */
export async function run({ args, settings, ctx, out }: CommandCall): Promise<void> {
  const [path = '-'] = args;
  if (args.length === 0 && process.stdin.isTTY)
    throw new GexError('usage', 'no file to price; name one, or give - to type rows on stdin');
  const name = path === '-' ? 'stdin' : path;
  const { pricingModel: model, priceAsOf, priceRate: rate, priceYield: dividendYield } = settings;
  const format: PriceFormat = out.json ? 'json' : (settings.priceFormat ?? (out.isTerminal ? 'table' : 'csv'));
  const writer = priceWriter(format, model, out);
  let isBegun = false;
  const begin = async (): Promise<void> => {
    if (!isBegun) await writer.begin();
    isBegun = true;
  };
  const report = await priceRows(
    { model, rate, dividendYield, ...(priceAsOf === undefined ? {} : { asOfMs: instantOf(priceAsOf) }) },
    {
      rows: readPricingRows(path === '-' ? addAbortSignal(ctx.signal, process.stdin) : bytesOf(path, ctx.signal), name),
      instantOf: expiryReader(),
      // Nothing is printed before the file is known to be one.
      write: async (batch) => {
        await begin();
        await writer.write(batch);
      },
    },
    ctx,
  );
  await begin();
  await writer.end(report);
  if (report.failed === 0) return;
  const more = report.failed - report.failures.length;
  throw new GexError('partial', `${report.failed} of ${report.rows} rows of ${name} could not be priced:`, {
    details: more > 0 ? [...report.failures, `and ${more} more; their status is error`] : report.failures,
  });
}

async function* bytesOf(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, { signal });
  } catch (cause) {
    signal.throwIfAborted();
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new GexError('missing', `${path}: no such file; check the path, or give - for stdin`, { cause });
    if (code === 'EISDIR') throw new GexError('missing', `${path}: is a folder; name a file in it`, { cause });
    throw new GexError('storage', `${path}: cannot be read (${code}); check its permissions`, { cause });
  }
}

/** Reads expiries as `--as-of` is read: a date is the close of its session. Files repeat a few of them. */
function expiryReader(): (text: string) => number | undefined {
  const known = new Map<string, number | undefined>();
  return (text) => {
    if (!known.has(text)) {
      if (known.size > 10_000) known.clear();
      const parsed = moment.parse(text);
      known.set(text, parsed && instantOf(parsed));
    }
    return known.get(text);
  };
}
