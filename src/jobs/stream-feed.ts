import { setTimeout as realSleep } from 'node:timers/promises';
import { GexError } from '../errors.js';
import type { Quote } from '../feeds/tradestation/model.js';
import { parseQuote } from '../feeds/tradestation/parse.js';
import { RESOURCES } from '../feeds/tradestation/resources.js';
import { followStream, type StreamEvent, type StreamOptions } from '../feeds/tradestation/stream.js';
import { pathOf } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';

interface FeedOptions {
  /** How messages name it. */
  readonly label: string;
  /** Upper case. */
  readonly symbols: readonly string[];
  /** Symbols that are not asked for: they were refused before. */
  readonly refused: ReadonlySet<string>;
  /** Whether quotes should be coming at an instant. */
  readonly expected: (nowMs: number) => boolean;
  /** It takes the place of a feed that was live: what that one said still holds for a moment. */
  readonly renewed?: boolean;
}

/** Who hears of what a feed brings. */
interface FeedListener {
  onQuote(quote: Quote, atMs: number): void;
  onOpen(symbols: readonly string[]): void;
  onLost(symbols: readonly string[]): void;
  onRefused(symbol: string, fault: string): void;
  /** Whether a stream that is refused should be asked for again later: once it has been shown that it can work. */
  mayRetry(): boolean;
}

/** One quote stream that is followed until it is stopped. */
export interface Feed {
  readonly symbols: readonly string[];
  /** Why its quotes are not those of the moment; undefined when they are. */
  fault(nowMs: number): string | undefined;
  /** Rejects with what cannot be mended by trying again; never resolves before `stop`. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Wide streams of a market that is open hardly pause at all. */
const QUIET_MS = 120_000;
/** A first image takes a second or two; symbols that are not in it then have nothing to say. */
const IMAGE_MS = 30_000;
const RENEWAL_MS = 15_000;
const REFUSED_RETRY_MS = 60_000;

/** Follows the quotes of some symbols. */
export function openFeed(
  { label, symbols, refused, expected, renewed = false }: FeedOptions,
  { options, listener }: { readonly options: StreamOptions; readonly listener: FeedListener },
  ctx: Ctx,
): Feed {
  const stop = new AbortController();
  const signal = AbortSignal.any([ctx.signal, stop.signal]);
  const waiting = new Set<string>();
  const renewedUntilMs = renewed ? ctx.clock.now() + RENEWAL_MS : Number.NEGATIVE_INFINITY;
  let why: string | undefined = `${label} being opened`;
  let imageMs = Number.POSITIVE_INFINITY;

  const asked = (): readonly string[] => symbols.filter((symbol) => !refused.has(symbol));
  const call = {
    ...{ resource: RESOURCES.quoteStream, label, expected, quietMs: QUIET_MS },
    get path() {
      return `/v3/marketdata/stream/quotes/${pathOf(asked())}`;
    },
  };
  const settle = (): void => {
    waiting.clear();
    why = undefined;
  };
  const hear = (quote: Quote, atMs: number): void => {
    listener.onQuote(quote, atMs);
    if (why === undefined) return;
    waiting.delete(quote.symbol);
    if (waiting.size === 0 || atMs >= imageMs) settle();
  };
  const handle = (event: StreamEvent): void => {
    if (event.kind === 'open') {
      for (const symbol of asked()) waiting.add(symbol);
      imageMs = event.atMs + IMAGE_MS;
      why = `${label} being opened`;
      listener.onOpen(symbols);
    } else if (event.kind === 'data') {
      for (const object of event.objects) {
        const quote = parseQuote(object);
        if (quote) hear(quote, event.atMs);
      }
    } else if (event.kind === 'idle') {
      if (waiting.size < asked().length) settle();
    } else if (event.kind === 'symbol-fault') {
      listener.onRefused(event.symbol, event.fault);
      waiting.delete(event.symbol);
      if (waiting.size === 0) settle();
    } else {
      why = `${label}: ${event.reason}`;
      listener.onLost(symbols);
    }
  };

  const follow = async (): Promise<void> => {
    while (asked().length > 0) {
      try {
        for await (const event of followStream(options, call, { ...ctx, signal })) handle(event);
      } catch (error) {
        if (signal.aborted) return;
        if (!isRefusal(error) || !listener.mayRetry()) throw error;
        why = error.message;
        listener.onLost(symbols);
        ctx.log.error(`${label}: ${error.message}; it is asked for again`, { waitMs: REFUSED_RETRY_MS });
        await ctx.clock.sleep(REFUSED_RETRY_MS, signal).catch(() => undefined);
        if (signal.aborted) return;
      }
    }
    settle(); // nothing to follow: every symbol was refused
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  };
  const ended = follow();
  ended.catch(() => undefined); // whoever waits for it hears of it
  return {
    symbols,
    fault: (nowMs) => (nowMs < renewedUntilMs ? undefined : why),
    ended,
    stop: async () => {
      stop.abort(new Error('the stream is no longer needed'));
      await Promise.race([ended.catch(() => undefined), realSleep(STOP_PATIENCE_MS, undefined, { ref: false })]);
    },
  };
}

/** A connection that does not close is left to the system. */
const STOP_PATIENCE_MS = 1000;

function isRefusal(error: unknown): error is GexError {
  return error instanceof GexError && (error.kind === 'usage' || error.kind === 'missing');
}
