import * as zlib from 'node:zlib';
import { decompress as decompressInWasm } from '@bokuweb/zstd-wasm';

/** A protobuf message as its wire format says: field number -> values, varints as numbers, the rest as bytes. */
type Fields = ReadonlyMap<number, readonly (number | Buffer)[]>;

/** Reads protobuf's wire format without a schema: what the official Python client's generated code sees. */
export function fieldsOf(bytes: Uint8Array): Fields {
  const fields = new Map<number, (number | Buffer)[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('truncated varint');
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(value);
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = tag >>> 3;
    let value: number | Buffer;
    if ((tag & 7) === 0) value = varint();
    else if ((tag & 7) === 2) {
      const length = varint();
      value = Buffer.from(bytes.subarray(at, at + length));
      if (value.length !== length) throw new Error('truncated bytes');
      at += length;
    } else throw new Error(`wire type ${tag & 7} is not used by these messages`);
    fields.set(number, [...(fields.get(number) ?? []), value]);
  }
  return fields;
}

export const zigzag = (value: number): number => (value % 2 === 0 ? value / 2 : -(value + 1) / 2);

export const bytesAt = (fields: Fields, number: number): Buffer => fields.get(number)?.[0] as Buffer;

export const numberAt = (fields: Fields, number: number): number => (fields.get(number)?.[0] ?? 0) as number;

interface Decoded {
  readonly typeUrl: string;
  /** The protobuf message of the record. */
  readonly raw: Buffer;
  readonly record: Fields;
}

/**
 * Node's own zstd, or the WebAssembly that the server in this process has loaded: loading it a second time would pull
 * the memory away below the server.
 */
function decompress(bytes: Uint8Array): Uint8Array {
  const native = zlib as unknown as { readonly zstdDecompressSync?: (bytes: Uint8Array) => Uint8Array };
  return native.zstdDecompressSync?.(bytes) ?? decompressInWasm(bytes);
}

/** The way of the official Python client: base64 -> Any -> zstd -> fields. */
export function decodeData(base64: string): Decoded {
  return decodeAny(Buffer.from(base64, 'base64'));
}

export function decodeAny(bytes: Uint8Array): Decoded {
  const any = fieldsOf(bytes);
  const raw = Buffer.from(decompress(bytesAt(any, 2)));
  return { typeUrl: bytesAt(any, 1).toString(), raw, record: fieldsOf(raw) };
}
