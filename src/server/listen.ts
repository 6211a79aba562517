import { GexError } from '../errors.js';

/** The address a server listens on, and how the user names its parts. */
interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** `--host`. */
  readonly hostOption: string;
  /** `--port`. */
  readonly portOption: string;
}

const FAULTS: Readonly<Record<string, (address: ListenAddress) => string>> = {
  EADDRINUSE: ({ host, port, portOption }) =>
    `Port ${port} on ${host} is in use; stop the program that listens there, or take another with ${portOption} (0: any free one).`,
  EACCES: ({ port, portOption }) =>
    `Port ${port} may not be listened on by this user; take one above 1023 with ${portOption}.`,
  EADDRNOTAVAIL: ({ host, hostOption }) =>
    `${host} is not an address of this machine; give one of its own with ${hostOption}.`,
  ENOTFOUND: ({ host, hostOption }) =>
    `The host name ${host} is not known; give an address of this machine with ${hostOption}.`,
};

/** What to throw when listening failed: `usage` for what the user can change, else the error as it is. */
export function listenError(error: unknown, address: ListenAddress): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const describe = FAULTS[code];
  return describe === undefined ? error : new GexError('usage', describe(address), { cause: error });
}
