import type { FileHandle } from 'node:fs/promises';
import { storageError } from '../../io/files.js';

const LF = 10;

/** One file written line by line through two buffers: one fills while the other goes to disk. */
export class StreamWriter {
  lines = 0;
  bytes = 0;
  readonly #path: string;
  readonly #handle: FileHandle;
  #filling: Buffer;
  #spare: Buffer;
  #used = 0;
  #writing: Promise<void> | undefined;
  #failure: unknown;

  constructor(path: string, handle: FileHandle, bufferBytes: number) {
    this.#path = path;
    this.#handle = handle;
    this.#filling = Buffer.allocUnsafeSlow(bufferBytes);
    this.#spare = Buffer.allocUnsafeSlow(bufferBytes);
  }

  /** Adds a line and its newline. A promise means both buffers are full; it settles when the line has been taken. */
  append(line: Uint8Array): Promise<void> | undefined {
    const behind = this.#makeRoom(line.length + 1);
    if (behind) return behind.then(() => this.append(line));
    this.#filling[this.#used + line.length] = LF;
    this.lines++;
    this.#take(line, 1);
    return undefined;
  }

  /** Adds bytes that hold lines of their own, which are not counted. A promise as with `append`. */
  write(bytes: Uint8Array): Promise<void> | undefined {
    const behind = this.#makeRoom(bytes.length);
    if (behind) return behind.then(() => this.write(bytes));
    this.#take(bytes, 0);
    return undefined;
  }

  /** Writes what is left, makes it durable and closes the file. */
  async finish(): Promise<void> {
    await this.#writing;
    this.#flush();
    await this.#writing;
    if (this.#failure !== undefined) throw this.#failure;
    try {
      await this.#handle.sync();
      await this.#handle.close();
    } catch (error) {
      throw storageError(error, 'write', this.#path);
    }
  }

  /** Closes the file whatever its state. */
  async abandon(): Promise<void> {
    await this.#writing;
    await this.#handle.close();
  }

  /** A promise when there is no room before the write under way has ended. */
  #makeRoom(size: number): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#used + size <= this.#filling.length) return undefined;
    if (this.#writing) return this.#writing;
    this.#flush();
    if (size > this.#filling.length) this.#filling = Buffer.allocUnsafeSlow(size);
    return undefined;
  }

  #take(bytes: Uint8Array, more: number): void {
    this.#filling.set(bytes, this.#used);
    this.#used += bytes.length + more;
    this.bytes += bytes.length + more;
  }

  #flush(): void {
    if (this.#used === 0) return;
    const full = this.#filling.subarray(0, this.#used);
    [this.#filling, this.#spare] = [this.#spare, this.#filling];
    this.#used = 0;
    this.#writing = this.#write(full).then(
      () => {
        this.#writing = undefined;
      },
      (error: unknown) => {
        this.#failure = storageError(error, 'write', this.#path);
        this.#writing = undefined;
      },
    );
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      at += (await this.#handle.write(bytes, at, bytes.length - at)).bytesWritten;
    }
  }
}
