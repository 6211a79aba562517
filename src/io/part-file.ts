import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ensureWritableDir, storageError, writeAtomic } from './files.js';

const SCHEMA = 'gex-part/1';

/** What the bytes of an unfinished download are a beginning of. */
export interface PartSource {
  /** The address without its query: signatures change, the file behind them does not. */
  readonly place: string;
  readonly encoding: 'gzip' | 'identity';
  /** A strong ETag or a Last-Modified that names these very bytes; without one they cannot be continued. */
  readonly validator?: string;
  /** Bytes of the whole, where the server has said it. */
  readonly total?: number;
}

interface PartState {
  readonly bytes: number;
  readonly source: PartSource | undefined;
  readonly isWhole: boolean;
}

const NOTHING: PartState = { bytes: 0, source: undefined, isWhole: false };

const sidecarOf = (path: string): string => `${path}.json`;

/** What is there of a download; nothing when no sidecar says what the bytes are. GexError `storage`. */
export async function readPart(path: string): Promise<PartState> {
  try {
    const [size, text] = await Promise.all([stat(path).then((found) => found.size), readFile(sidecarOf(path), 'utf8')]);
    const sidecar = parseSidecar(text);
    if (sidecar === undefined) return NOTHING;
    const { source, wholeBytes } = sidecar;
    return { bytes: size, source, isWhole: wholeBytes === size };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return NOTHING;
    throw storageError(error, 'read', path);
  }
}

/** Removes a download, whole or not, with its sidecar; nothing happens when there is none. GexError `storage`. */
export async function removePart(path: string): Promise<void> {
  try {
    await rm(sidecarOf(path), { force: true });
    await rm(path, { force: true });
  } catch (error) {
    throw storageError(error, 'remove', path);
  }
}

/**
 * A download under way: `path` holds its first bytes, a sidecar says of what. Whenever the process is killed, the two
 * agree. One writer at a time.
 */
export class PartFile {
  readonly #path: string;
  readonly #handle: FileHandle;
  #bytes: number;
  #source: PartSource | undefined;

  private constructor(path: string, handle: FileHandle, state: PartState) {
    this.#path = path;
    this.#handle = handle;
    this.#bytes = state.bytes;
    this.#source = state.source;
  }

  /** GexError `storage`. */
  static async open(path: string): Promise<PartFile> {
    await ensureWritableDir(dirname(path));
    const state = await readPart(path);
    try {
      return new PartFile(path, await open(path, 'a'), state);
    } catch (error) {
      throw storageError(error, 'write', path);
    }
  }

  get bytes(): number {
    return this.#bytes;
  }

  get source(): PartSource | undefined {
    return this.#source;
  }

  /** Drops what is there and begins again with bytes of `source`. */
  async restart(source: PartSource): Promise<void> {
    await this.drop();
    await this.#describe(source);
  }

  /** Drops what is there. */
  async drop(): Promise<void> {
    this.#source = undefined;
    await this.#guard(async () => {
      // In this order: no sidecar may ever stand beside bytes of something else, not even after a power failure.
      await this.#handle.truncate(0);
      await this.#handle.sync();
      await rm(sidecarOf(this.#path), { force: true });
    });
    this.#bytes = 0;
  }

  /** Remembers more about the same bytes. */
  async learnTotal(total: number): Promise<void> {
    if (this.#source !== undefined && this.#source.total !== total) await this.#describe({ ...this.#source, total });
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.#guard(() => this.#handle.appendFile(chunk));
    this.#bytes += chunk.length;
  }

  /** Makes the bytes durable and says that they are all. */
  async finish(): Promise<void> {
    await this.#guard(() => this.#handle.sync());
    if (this.#source !== undefined) await this.#describe(this.#source, this.#bytes);
  }

  /** Leaves no file behind when nothing came. */
  async close(): Promise<void> {
    await this.#handle.close();
    if (this.#source === undefined) await removePart(this.#path);
  }

  async #describe(source: PartSource, wholeBytes?: number): Promise<void> {
    await writeAtomic(sidecarOf(this.#path), `${JSON.stringify({ schema: SCHEMA, ...source, wholeBytes })}\n`);
    this.#source = source;
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      throw storageError(error, 'write', this.#path);
    }
  }
}

/** Undefined for anything this version has not written: such a download begins again. */
function parseSidecar(text: string): { source: PartSource; wholeBytes: number | undefined } | undefined {
  const found = asObject(text);
  const { schema, place, encoding, validator, total, wholeBytes } = found;
  if (schema !== SCHEMA || typeof place !== 'string' || (encoding !== 'gzip' && encoding !== 'identity'))
    return undefined;
  const source = {
    place,
    encoding,
    ...(typeof validator === 'string' ? { validator } : {}),
    ...(typeof total === 'number' ? { total } : {}),
  } as const;
  return { source, wholeBytes: typeof wholeBytes === 'number' ? wholeBytes : undefined };
}

function asObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
