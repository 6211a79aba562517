import { basename, join } from 'node:path';

/** Where a worker listens for the others: a socket in the folder of this run, on Windows a pipe named after it. */
export function addressOf(folder: string, index: number): string {
  const name = `${index}.sock`;
  return process.platform === 'win32' ? `\\\\.\\pipe\\${basename(folder)}-${name}` : join(folder, name);
}
