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
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const size = line.length + 1;
    if (this.#used + size > this.#filling.length) {
      if (this.#writing) return this.#writing.then(() => this.append(line));
      this.#flush();
      if (size > this.#filling.length) this.#filling = Buffer.allocUnsafeSlow(size);
    }
    this.#filling.set(line, this.#used);
    this.#filling[this.#used + line.length] = LF;
    this.#used += size;
    this.lines++;
    this.bytes += size;
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
