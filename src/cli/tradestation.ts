import type { Settings } from '../config/table.js';
import { GexError } from '../errors.js';
import { createApi, type TradeStationApi } from '../feeds/tradestation/api.js';
import { type GateOf, paceOf } from '../feeds/tradestation/resources.js';
import type { RestOptions } from '../feeds/tradestation/rest.js';
import { hashOf } from '../feeds/tradestation/token-file.js';
import { createTokens, type TokenOptions } from '../feeds/tradestation/tokens.js';
import type { Gate } from '../io/gate.js';
import { storedGate } from '../jobs/stored-gate.js';
import type { GateTable } from '../stores/sql/gates.js';

const LIVE_API = 'https://api.tradestation.com';
const SIMULATION_API = 'https://sim-api.tradestation.com';

/** TradeStation as the settings reach it: `rest` for streams and bars, `api` for every other call. */
interface TradeStation {
  readonly rest: RestOptions;
  readonly api: TradeStationApi;
}

/**
 * Signs in when first asked; the token file rests in the data folder, the paces of all processes in the store.
 * GexError `auth` without an API key.
 */
export function openTradestation(settings: Settings, { gates }: { readonly gates: GateTable }): TradeStation {
  const key = keyOf(settings);
  const rest: RestOptions = {
    apiUrl: apiUrlOf(settings),
    tokens: createTokens(key),
    gateOf: gatesOf(key.clientId, gates),
  };
  return { rest, api: createApi(rest) };
}

/** Where the API is: as set, else by the sandbox switch. */
export function apiUrlOf({ tsApiUrl, tsSandbox }: Settings): string {
  return tsApiUrl ?? (tsSandbox ? SIMULATION_API : LIVE_API);
}

/** The key that signs in, and where its tokens are kept. GexError `auth` when there is none. */
export function keyOf(settings: Settings): TokenOptions {
  const { tsClientId: clientId, tsClientSecret: clientSecret, tsRefreshToken: refreshToken } = settings;
  if (clientId === undefined) {
    throw new GexError(
      'auth',
      'TradeStation needs an API key: set TRADESTATION_CLIENT_ID in the environment or in .env; without an account, "gex simulate tradestation" prints what to set for its stand-in',
    );
  }
  return {
    ...{ clientId, signInUrl: settings.tsSignInUrl, folder: settings.dataDir },
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(refreshToken === undefined ? {} : { refreshToken }),
  };
}

/** Quotas are per key: keys of one data folder do not share them, and the store does not tell which keys there are. */
function gatesOf(clientId: string, table: GateTable): GateOf {
  const prefix = `tradestation ${hashOf(clientId).slice(0, 12)}`;
  const gates = new Map<string, Gate>();
  return (resource) => {
    const known = gates.get(resource.name);
    if (known) return known;
    const gate = storedGate(table, `${prefix} ${resource.name}`, paceOf(resource));
    gates.set(resource.name, gate);
    return gate;
  };
}
