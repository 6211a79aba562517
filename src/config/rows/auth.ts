import { option, toggle } from '../option.js';
import { loopbackUrl, tradestationScope } from '../sign-in-values.js';
import { listOf } from '../values.js';

/** Options of `gex auth`. */
export const AUTH_ROWS = {
  tsScopes: option({
    flag: '--scopes',
    env: 'TRADESTATION_SCOPES',
    yaml: 'tradestation.scopes',
    type: listOf(tradestationScope, 'scopes of data separated by commas: MarketData, OptionSpreads, Matrix'),
    default: ['MarketData', 'OptionSpreads'],
    description: 'what a sign-in asks for; Matrix is market depth',
  }),
  tsRedirectUrl: option({
    flag: '--redirect-url',
    env: 'TRADESTATION_REDIRECT_URL',
    yaml: 'tradestation.redirect_url',
    type: loopbackUrl,
    default: 'http://localhost:31022',
    description: 'where the browser comes back to, as it is registered with the API key',
  }),
  authPaste: toggle({
    flag: '--paste',
    description: 'read the address the browser ended at from stdin, for a browser on another machine',
  }),
  authNoBrowser: toggle({ flag: '--no-browser', description: 'only print the address, open no browser' }),
  authRefresh: toggle({
    flag: '--refresh',
    description: 'renew the access token even while it is good, to see that it works',
  }),
} as const;
