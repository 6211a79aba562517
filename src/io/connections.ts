import type { Agent, Dispatcher } from 'undici';
import { GexError } from '../errors.js';

/** This machine's own: never asked for by way of a proxy. */
const OWN_HOSTS = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Connections to servers, by way of the proxy that `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name (in either case). GexError
 * `usage` for a proxy whose address is none.
 */
export async function openConnections(options: Agent.Options = {}): Promise<Dispatcher> {
  const { EnvHttpProxyAgent } = await import('undici');
  for (const name of ['https_proxy', 'http_proxy']) requireAddress(name);
  const { value: direct = '' } = variable('no_proxy');
  const noProxy = direct.trim() === '*' ? direct : [direct, ...OWN_HOSTS].join(',');
  return new EnvHttpProxyAgent({ ...options, noProxy });
}

function variable(lower: string): { readonly name: string; readonly value: string | undefined } {
  const name = process.env[lower] === undefined ? lower.toUpperCase() : lower;
  return { name, value: process.env[name] };
}

/** The value stays out of the message: it may hold a password. */
function requireAddress(lower: string): void {
  const { name, value } = variable(lower);
  if (value === undefined || value === '' || (/^https?:\/\//i.test(value) && URL.canParse(value))) return;
  throw new GexError('usage', `${name} is no address of a proxy: give one such as http://proxy.example.org:3128`);
}
