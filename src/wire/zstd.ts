import * as zlib from 'node:zlib';
import { GexError } from '../errors.js';

/** zstd's own default; higher levels gain a percent on records of a few kB. */
const LEVEL = 3;

type Compress = (bytes: Uint8Array) => Uint8Array;

/** What `node:zlib` has from 22.15 and 23.8 on; the declarations of Node 20 do not know it. */
interface ZstdOfNode {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: object) => Uint8Array;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

let compressor: Compress | undefined;
let loading: Promise<Compress> | undefined;

/** Makes `compress` ready: Node's own zstd where this Node has it, else WebAssembly, loaded once. */
export async function prepareZstd(): Promise<void> {
  loading ??= nativeCompressor(zlib as unknown as ZstdOfNode) ?? wasmCompressor();
  compressor = await loading;
}

/** `bytes` as one zstd frame with the content size in its header. Call `prepareZstd` first. */
export function compress(bytes: Uint8Array): Uint8Array {
  if (compressor === undefined)
    throw new GexError('usage', 'zstd is not loaded: await prepareZstd() once before compressing');
  return compressor(bytes);
}

function nativeCompressor({ zstdCompressSync, constants }: ZstdOfNode): Promise<Compress> | undefined {
  const level = constants.ZSTD_c_compressionLevel;
  if (zstdCompressSync === undefined || level === undefined) return undefined;
  const params = { [level]: LEVEL };
  return Promise.resolve((bytes) => zstdCompressSync(bytes, { params, pledgedSrcSize: bytes.length }));
}

/** One context is kept: making one per frame takes longer than compressing a record. */
async function wasmCompressor(): Promise<Compress> {
  const { compressUsingDict, createCCtx, init } = await import('@bokuweb/zstd-wasm');
  await init();
  const context = createCCtx();
  const noDictionary = new Uint8Array(0);
  return (bytes) => compressUsingDict(context, bytes, noDictionary, LEVEL);
}
