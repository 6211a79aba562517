// A reader of the wire that shares nothing with src/wire: protobuf by hand, zstd by the reference library, numbers
// divided as the official client does. What it reads is compared with the records that were sent.
import { decompress, init } from '@bokuweb/zstd-wasm';

type Value = bigint | Uint8Array;
type Fields = ReadonlyMap<number, readonly Value[]>;

/** The fields of one protobuf message; throws on anything that is cut short. */
export function readFields(bytes: Uint8Array): Fields {
  const fields = new Map<number, Value[]>();
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('varint past the end');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    throw new Error('varint of more than ten bytes');
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new Error('field past the end');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const wireType = tag & 7;
    const value = wireType === 0 ? varint() : take(wireType === 2 ? Number(varint()) : wireType === 1 ? 8 : 4);
    if (wireType > 2 && wireType !== 5) throw new Error(`wire type ${wireType}`);
    fields.set(tag >> 3, [...(fields.get(tag >> 3) ?? []), value]);
  }
  return fields;
}

const varintOf = (fields: Fields, number: number): bigint | undefined =>
  fields.get(number)?.at(-1) as bigint | undefined;
const bytesOf = (fields: Fields, number: number): Uint8Array | undefined => fields.get(number)?.at(-1) as Uint8Array;
const zigzag = (value: bigint): number => Number((value >> 1n) ^ -(value & 1n));

const text = (fields: Fields, number: number): string => Buffer.from(bytesOf(fields, number) ?? []).toString('utf8');
const uint = (fields: Fields, number: number, scale: number): number => Number(varintOf(fields, number) ?? 0n) / scale;
const sint = (fields: Fields, number: number, scale: number): number => zigzag(varintOf(fields, number) ?? 0n) / scale;
const optionalSint = (fields: Fields, number: number): number | undefined =>
  fields.has(number) ? sint(fields, number, 1) : undefined;
const messages = (fields: Fields, number: number): Fields[] =>
  ((fields.get(number) ?? []) as Uint8Array[]).map(readFields);

/** A packed list of zigzag integers; absent is empty. */
function packed(fields: Fields | undefined, number: number, scale: number): number[] {
  const all = fields && bytesOf(fields, number);
  if (!all) return [];
  const values: number[] = [];
  for (let at = 0; at < all.length; ) {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = all[at++];
      if (byte === undefined) throw new Error('packed list past the end');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) break;
    }
    values.push(zigzag(value) / scale);
  }
  return values;
}

const head = (fields: Fields, spot: number) => ({
  timestamp: Number(varintOf(fields, 1) ?? 0n),
  ticker: text(fields, 2),
  spot: uint(fields, spot, 100),
});

function readGex(bytes: Uint8Array) {
  const fields = readFields(bytes);
  const [priors] = messages(fields, 15);
  return {
    ...head(fields, 5),
    min_dte: optionalSint(fields, 3),
    sec_min_dte: optionalSint(fields, 4),
    zero_gamma: uint(fields, 6, 100),
    major_pos_vol: uint(fields, 7, 100),
    major_pos_oi: uint(fields, 8, 100),
    major_neg_vol: uint(fields, 9, 100),
    major_neg_oi: uint(fields, 10, 100),
    strikes: messages(fields, 11).map((row) => [
      uint(row, 1, 100),
      sint(row, 2, 100),
      sint(row, 3, 100),
      packed(messages(row, 4)[0], 1, 100),
    ]),
    sum_gex_vol: sint(fields, 12, 1000),
    sum_gex_oi: sint(fields, 13, 1000),
    delta_risk_reversal: sint(fields, 14, 1000),
    max_priors: priors ? messages(priors, 1).map((row) => [sint(row, 1, 100), sint(row, 2, 1000)]) : [],
  };
}

function readProfile(bytes: Uint8Array) {
  const fields = readFields(bytes);
  return {
    ...head(fields, 3),
    min_dte: optionalSint(fields, 4),
    sec_min_dte: optionalSint(fields, 5),
    major_positive: uint(fields, 6, 100),
    major_negative: uint(fields, 7, 100),
    major_long_gamma: uint(fields, 8, 100),
    major_short_gamma: uint(fields, 9, 100),
    mini_contracts: messages(fields, 10).map((row) => [
      uint(row, 1, 100),
      uint(row, 2, 1000),
      uint(row, 3, 1000),
      sint(row, 4, 100),
      packed(row, 5, 100),
      optionalSint(row, 6) ?? null,
      row.has(7) ? packed(messages(row, 7)[0], 1, 1) : null,
    ]),
  };
}

// The 34 JSON keys by field number from 4, as the published table pairs them.
const ORDERFLOW =
  `z_mlgamma z_msgamma o_mlgamma o_msgamma zero_mcall zero_mput one_mcall one_mput zcvr ocvr zgr ogr zvanna
  ovanna zcharm ocharm agg_dex one_agg_dex agg_call_dex one_agg_call_dex agg_put_dex one_agg_put_dex net_dex one_net_dex
  net_call_dex one_net_call_dex net_put_dex one_net_put_dex dexoflow gexoflow cvroflow one_dexoflow one_gexoflow
  one_cvroflow`.split(/\s+/);

export function readOrderflow(bytes: Uint8Array) {
  const fields = readFields(bytes);
  const numbers = ORDERFLOW.map((key, i) => [key, (i < 8 ? uint : sint)(fields, i + 4, 100)]);
  return { ...head(fields, 3), ...(Object.fromEntries(numbers) as Record<string, number>) };
}

function readSpot(bytes: Uint8Array) {
  return head(readFields(bytes), 3);
}

/** Type URL and value of the bytes of an Any. */
export function readAny(bytes: Uint8Array): { typeUrl: string; value: Uint8Array } {
  const fields = readFields(bytes);
  return { typeUrl: text(fields, 1), value: bytesOf(fields, 2) ?? new Uint8Array(0) };
}

const READERS: Readonly<Record<string, (bytes: Uint8Array) => object>> = {
  'proto.gex': readGex,
  'proto.greek': readProfile,
  'proto.orderflow': readOrderflow,
  'proto.spot': readSpot,
};

/** The record an Any carries, as a client sees it; `isVolume` for the groups whose payload is JSON text. */
export async function readPayload(
  any: { readonly typeUrl: string; readonly value: Uint8Array },
  isVolume = false,
): Promise<Record<string, unknown>> {
  const message = await unzstd(any.value);
  if (isVolume) return JSON.parse(Buffer.from(message).toString('utf8'));
  const read = READERS[any.typeUrl];
  if (!read) throw new Error(`no reader of ${any.typeUrl}`);
  return read(message) as Record<string, unknown>;
}

let ready: Promise<void> | undefined;

export async function unzstd(frame: Uint8Array): Promise<Uint8Array> {
  ready ??= init();
  await ready;
  return decompress(frame);
}

/** What the header of a zstd frame says (RFC 8878, 3.1.1.1). */
export function readZstdHeader(frame: Uint8Array) {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const descriptor = view.getUint8(4);
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const at = 5 + (isSingleSegment ? 0 : 1) + ([0, 1, 2, 4][descriptor & 3] ?? 0);
  const size = [
    () => (isSingleSegment ? view.getUint8(at) : undefined),
    () => view.getUint16(at, true) + 256,
    () => view.getUint32(at, true),
    () => Number(view.getBigUint64(at, true)),
  ][sizeFlag]?.();
  return { magic: view.getUint32(0, true), hasChecksum: (descriptor & 4) !== 0, dictionary: descriptor & 3, size };
}
