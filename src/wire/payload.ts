import { GexError } from '../errors.js';
import type { AnyMessage } from './any.js';
import { type HubStream, hubOf, SPOT_TYPE_URL } from './hubs.js';
import type { RecordHead } from './record.js';
import {
  encodeGex,
  encodeOrderflow,
  encodeProfile,
  encodeSpotPrice,
  type RecordEncoder,
  type RecordJson,
  recordHead,
} from './record-messages.js';
import { encodeVolume } from './volume-json.js';
import { compress } from './zstd.js';

/** What a websocket message carries: an Any whose value is the zstd frame of a scaled record. */
export interface Payload extends AnyMessage {
  /** Of the record, to encode the spot message of the same instant with. */
  readonly head: RecordHead;
  /** How many numbers did not fit their field and were set to the nearest that does. */
  readonly saturated: number;
}

const ENCODERS: Readonly<Record<string, RecordEncoder>> = {
  'proto.gex': encodeGex,
  'proto.greek': encodeProfile,
  'proto.orderflow': encodeOrderflow,
};

/**
 * The payload of a record line (contract section 5.11). `prepareZstd` must have been awaited. Kind missing for a stream
 * that no hub carries, kind data for a line that is not a JSON object.
 */
export function encodePayload(stream: HubStream, recordBytes: Uint8Array): Payload {
  const carried = hubOf(stream);
  if (!carried) throw new GexError('missing', `no hub carries ${stream.package}/${stream.category}`);
  const { typeUrl } = carried.hub;
  const encode = carried.legacyOnly ? encodeVolume : (ENCODERS[typeUrl] as RecordEncoder);
  const record = parseRecord(recordBytes);
  const tally = { saturated: 0 };
  const value = compress(encode(record, tally));
  return { typeUrl, value, head: recordHead(record), saturated: tally.saturated };
}

/** The spot message of a record's instant. */
export function encodeSpot(head: RecordHead): Payload {
  const tally = { saturated: 0 };
  const value = compress(encodeSpotPrice(head, tally));
  return { typeUrl: SPOT_TYPE_URL, value, head, saturated: tally.saturated };
}

const utf8 = new TextDecoder();

function parseRecord(bytes: Uint8Array): RecordJson {
  let record: unknown;
  try {
    record = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw new GexError('data', `a record of ${bytes.length} bytes is not JSON: check the file with another tool`, {
      cause,
    });
  }
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new GexError('data', `a record of ${bytes.length} bytes is not a JSON object`);
  }
  return record as RecordJson;
}
