import type { ApiCall, StreamRoute, StreamSource } from './call.js';
import { mix, seedOf } from './market/mix.js';
import type { QuoteState } from './market/quote-state.js';
import { changedFields, degraded, quoteText } from './quote-text.js';
import { INVALID_SYMBOL, symbolsOf } from './rest-quotes.js';
import type { Instrument } from './symbols.js';

export const QUOTE_STREAM: StreamRoute = {
  ...{ method: 'GET', resource: 'quote-change-stream', stream: quoteStream },
  pattern: /^\/v3\/marketdata\/stream\/quotes\/([^/]+)$/,
};

interface Followed {
  readonly instrument: Instrument;
  readonly seed: number;
  /** What the client has seen; what it first saw. */
  sent: QuoteState | undefined;
  first: QuoteState | undefined;
  /** Another letter case of the symbol, as production echoes it at times. */
  readonly lowered: string;
}

/** One message in so many carries each of the zero fields, or the symbol in lower case. */
const QUIRK_EVERY = 400;

/** A complete quote per symbol, then the fields that changed; bad symbols get one error each. */
function quoteStream({ exchange, path: [segment = ''], atMs, faults, settings }: ApiCall): StreamSource {
  const refused: string[] = [];
  const followed: Followed[] = [];
  for (const symbol of symbolsOf(segment, settings.maxSymbols)) {
    const instrument = exchange.find(symbol, atMs);
    if (!instrument || faults.invalidSymbol?.includes(symbol.toUpperCase())) {
      refused.push(JSON.stringify({ Symbol: symbol, Error: INVALID_SYMBOL }));
      continue;
    }
    const seed = seedOf(exchange.market.options.seed, instrument.symbol);
    followed.push({ instrument, seed, sent: undefined, first: undefined, lowered: instrument.symbol.toLowerCase() });
  }
  const complete = (one: Followed, quote: QuoteState): string => {
    const { symbol } = one.instrument;
    const venue = exchange.venue(one.instrument);
    const text = quoteText(quote, { symbol, venue, scale: 'fraction', delayed: faults.delayed ?? false });
    // A field the documents do not know, beyond ASCII: readers have to skip the one and decode the other.
    return settings.quirks ? `${text.slice(0, -1)},"VenueNote":"synthetic – not a real market"}` : text;
  };
  const messageOf = (one: Followed, stepMs: number): string | undefined => {
    if (one.sent && !exchange.isOpen(one.instrument, stepMs) && !exchange.isOpen(one.instrument, stepMs - 1000))
      return undefined;
    const state = exchange.quote(one.instrument, stepMs);
    if (!state) return undefined;
    one.first ??= state;
    const quote = degraded(state, faults, one.first);
    const before = one.sent;
    one.sent = quote;
    if (!before) return complete(one, quote);
    const changed = changedFields(before, quote);
    if (changed === '') return undefined;
    if (!settings.quirks) return `{"Symbol":"${one.instrument.symbol}"${changed}}`;
    return quirky(one, changed, stepMs);
  };
  const step = (stepMs: number): string[] => {
    const messages: string[] = [];
    for (const one of followed) {
      const message = messageOf(one, stepMs);
      if (message !== undefined) messages.push(message);
    }
    return messages;
  };
  return { open: (openMs) => [...refused, ...step(openMs)], step };
}

/** A delta, now and then with what production adds to it: zero volume, zero open interest, a lower-cased symbol. */
function quirky({ instrument, seed, lowered }: Followed, changed: string, atMs: number): string {
  const draw = mix(seed, Math.floor(atMs / 1000) & 0x7fffffff, atMs % 1000) % QUIRK_EVERY;
  const zero = draw === 0 ? ',"Volume":"0"' : draw === 1 ? ',"DailyOpenInterest":"0"' : '';
  // A quirk says the one thing or the other, never a field twice.
  const fields = zero !== '' && changed.includes(zero.slice(1, zero.indexOf(':'))) ? changed : changed + zero;
  return `{"Symbol":"${draw === 2 ? lowered : instrument.symbol}"${fields}}`;
}
