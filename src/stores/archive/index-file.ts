import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import { writeAtomic } from '../../io/files.js';
import type { LineIndex } from '../../io/lines.js';

/** What tells that a record file is still the one that was indexed. */
interface FileStamp {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
}

const MAGIC = `gexidx1${endianness() === 'LE' ? 'l' : 'b'}`;
/** magic, size, mtimeNs, ino, tornBytes, count: 8 bytes each. */
const HEADER_BYTES = 48;

/** The cached index of a record file; undefined when there is none or it describes another state of the file. */
export async function readIndex(path: string, stamp: FileStamp): Promise<LineIndex | undefined> {
  const bytes = await readFile(path).catch(() => undefined);
  if (!bytes || bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 8) !== MAGIC) return undefined;
  const length = Number(bytes.readBigUInt64LE(40));
  if (
    bytes.length !== HEADER_BYTES + length * 16 ||
    !header(stamp, bytes.readBigUInt64LE(32), length).equals(bytes.subarray(0, HEADER_BYTES))
  ) {
    return undefined;
  }
  const columns = new Float64Array(length * 2);
  bytes.copy(new Uint8Array(columns.buffer), 0, HEADER_BYTES);
  const index = {
    length,
    starts: columns.subarray(0, length),
    ends: columns.subarray(length),
    tornBytes: Number(bytes.readBigUInt64LE(32)),
  };
  return (index.ends[length - 1] ?? 0) <= Number(stamp.size) ? index : undefined;
}

/** Keeps an index for the next run. A folder that cannot be written is no fault: the index is only built again. */
export async function writeIndex(path: string, stamp: FileStamp, index: LineIndex): Promise<void> {
  const head = header(stamp, BigInt(index.tornBytes), index.length);
  const view = (column: Float64Array): Uint8Array =>
    new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
  await writeAtomic(path, Buffer.concat([head, view(index.starts), view(index.ends)])).catch(() => undefined);
}

function header(stamp: FileStamp, tornBytes: bigint, count: number): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.write(MAGIC, 'latin1');
  for (const [i, value] of [stamp.size, stamp.mtimeNs, stamp.ino, tornBytes, BigInt(count)].entries()) {
    head.writeBigUInt64LE(value, 8 + i * 8);
  }
  return head;
}
