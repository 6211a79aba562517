import { option } from '../option.js';
import { secureAddress } from '../secure-address.js';
import { text, truth, whole } from '../values.js';

/** How TradeStation is reached, and with which key: every command that asks it. */
export const TRADESTATION_ROWS = {
  tsClientId: option({
    flag: '--client-id',
    env: 'TRADESTATION_CLIENT_ID',
    yaml: 'tradestation.client_id',
    type: text('KEY', 'the API key of your TradeStation account'),
    otherwise: 'TradeStation cannot be asked',
    description: 'API key of the TradeStation account',
  }),
  tsClientSecret: option({
    flag: '--client-secret',
    env: 'TRADESTATION_CLIENT_SECRET',
    yaml: 'tradestation.client_secret',
    type: text('SECRET', 'the secret of that API key'),
    otherwise: 'none is sent, as keys with PKCE want it',
    description: 'secret of the API key',
    secret: true,
  }),
  tsRefreshToken: option({
    flag: '--refresh-token',
    env: 'TRADESTATION_REFRESH_TOKEN',
    yaml: 'tradestation.refresh_token',
    type: text('TOKEN', 'a refresh token of that API key'),
    otherwise: 'that of gex auth login',
    description: 'refresh token to sign in with',
    secret: true,
  }),
  tsSandbox: option({
    flag: '--sandbox',
    env: 'TRADESTATION_USE_SANDBOX',
    yaml: 'tradestation.use_sandbox',
    type: truth,
    default: false,
    description: 'ask the simulation API, where no API address is given',
  }),
  tsApiUrl: option({
    flag: '--api-url',
    env: 'TRADESTATION_API_URL',
    yaml: 'tradestation.api_url',
    type: secureAddress,
    otherwise: 'https://api.tradestation.com, in the sandbox https://sim-api.tradestation.com',
    description: 'address of the TradeStation API, or of gex simulate tradestation',
  }),
  tsSignInUrl: option({
    flag: '--signin-url',
    env: 'TRADESTATION_SIGNIN_URL',
    yaml: 'tradestation.signin_url',
    type: secureAddress,
    default: 'https://signin.tradestation.com',
    description: 'address of the sign-in host, one for both APIs',
  }),
  tsAudience: option({
    flag: '--audience',
    env: 'TRADESTATION_AUDIENCE',
    yaml: 'tradestation.audience',
    type: text('AUDIENCE', 'the audience of the sign-in'),
    default: 'https://api.tradestation.com',
    description: 'what a sign-in is for, the same in the sandbox',
  }),
} as const;

/** Limits of streams, for commands that follow many. */
export const TRADESTATION_STREAM_ROWS = {
  tsSymbolsPerStream: option({
    flag: '--symbols-per-stream',
    env: 'TRADESTATION_SYMBOLS_PER_STREAM',
    yaml: 'tradestation.symbols_per_stream',
    type: whole('N', 1, 800),
    default: 100,
    description: 'symbols of one quote stream; up to 100 is documented',
  }),
  tsMaxStreams: option({
    flag: '--max-streams',
    env: 'TRADESTATION_MAX_STREAMS',
    yaml: 'tradestation.max_streams',
    type: whole('N', 1, 40),
    default: 9,
    description: 'streams that may be open at once; accounts take about 10',
  }),
} as const;

/** Options of every command that asks TradeStation. */
export const TRADESTATION_KEYS = [
  'tsClientId',
  'tsClientSecret',
  'tsRefreshToken',
  'tsSandbox',
  'tsApiUrl',
  'tsSignInUrl',
  'tsAudience',
] as const satisfies readonly (keyof typeof TRADESTATION_ROWS)[];
