import type { ValueType } from './option.js';

const DATA_SCOPES = ['MarketData', 'OptionSpreads', 'Matrix'] as const;

/** A scope of market data; those of accounts and orders are not for this program. */
export const tradestationScope: ValueType<(typeof DATA_SCOPES)[number]> = {
  placeholder: 'SCOPES',
  accepts: `one of ${DATA_SCOPES.join(', ')}`,
  parse: (text) => DATA_SCOPES.find((scope) => scope.toLowerCase() === text.toLowerCase()),
  format: String,
  choices: DATA_SCOPES,
};

/** An http address of this machine, kept letter by letter: the sign-in host compares it with the registered one. */
export const loopbackUrl: ValueType<string> = {
  placeholder: 'URL',
  accepts: 'an http address of this machine such as http://localhost:31022',
  parse: (text) => {
    if (!URL.canParse(text)) return undefined;
    const { protocol, hostname, search, hash, username } = new URL(text);
    const isOwn = protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
    return isOwn && `${search}${hash}${username}` === '' ? text : undefined;
  },
  format: String,
};
