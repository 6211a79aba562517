import { GexError } from '../errors.js';
import type { TradeStationApi } from '../feeds/tradestation/api.js';
import { symbolsOf } from '../feeds/tradestation/symbols.js';
import type { Ctx } from '../io/ctx.js';
import type { FeedsPorts } from './stream-feeds.js';
import { fetchListing } from './stream-listing.js';
import { type RecordsPorts, SessionRecords } from './stream-records.js';
import { type Selection, selectStrikes } from './stream-selection.js';
import { Underlying, type UnderlyingOptions } from './stream-underlying.js';

interface OpenPorts extends RecordsPorts, Omit<FeedsPorts, 'mayRetry'> {
  readonly rest: RecordsPorts['rest'] & FeedsPorts['rest'];
  readonly api: TradeStationApi;
}

/**
 * Asks what an underlying has listed, opens the record files behind what they hold, and the streams around `spot`. GexError
 * `usage` when more contracts are wanted than streams can carry; `storage` when another process records it; as the calls.
 */
export async function openUnderlying(
  options: UnderlyingOptions,
  spot: number,
  ports: OpenPorts,
  ctx: Ctx,
): Promise<Underlying> {
  const { ticker, day, expirations, strikeDistance } = options;
  const request = { symbols: symbolsOf(ticker), count: expirations, atMs: day.openMs };
  const listing = await fetchListing(ports.api, request, ctx);
  const selection = selectStrikes(listing.expiries, spot, strikeDistance);
  refuseTooMany(options, selection, ports.room.streams);
  const records = await SessionRecords.open(options, ports, ctx);
  return new Underlying(options, { listing, selection, records }, ports, ctx);
}

function refuseTooMany(
  { ticker, expirations, strikeDistance, symbolsPerStream }: UnderlyingOptions,
  selection: Selection,
  streams: number,
): void {
  const contracts = selection.expiries.reduce((sum, { strikes }) => sum + 2 * strikes.length, 0);
  const room = streams * symbolsPerStream;
  if (contracts <= room) return;
  throw new GexError(
    'usage',
    `${ticker}: ${expirations} expirations within ${strikeDistance} points of spot are ${contracts} contracts, ` +
      `${streams} streams of ${symbolsPerStream} symbols carry ${room}; lower --strike-distance or --expirations, ` +
      'or raise TRADESTATION_SYMBOLS_PER_STREAM (up to 800 have been seen to work)',
  );
}
