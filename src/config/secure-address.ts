import type { ValueType } from './option.js';
import { httpAddress } from './values.js';

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** An address that secrets may be sent to: https, or http within this machine; without its trailing slash. */
export const secureAddress: ValueType<string> = {
  placeholder: 'URL',
  accepts: 'an https:// address, or http:// to this machine (127.0.0.1, localhost, [::1])',
  parse: (value) => {
    const address = httpAddress.parse(value);
    if (address === undefined) return undefined;
    const { protocol, hostname, username, search, hash } = new URL(address);
    const isSafe = protocol === 'https:' || LOOPBACK.test(hostname);
    return isSafe && `${username}${search}${hash}` === '' ? address : undefined;
  },
  format: String,
};
