import { dayOf } from '../core/calendar.js';
import { type ChainBuilder, createChainBuilder } from '../core/chain.js';
import type { ExpiryTerm } from '../core/expiry.js';
import type { ChainSnapshot, Expiry, Right, Settlement } from '../core/model.js';
import { expiryInstant, settlementOf } from '../core/settlement.js';
import { GexError } from '../errors.js';
import { type ChainReadOptions, chosenSpot, excerpt, isObject, type JsonObject, numberOf } from './chain-reading.js';

const GEX_CHAIN_SCHEMA = 'gex-chain/1';

/** Names of a contract's columns in the file; the rest of a contract says which one it is. */
const FIELDS = ['bid', 'ask', 'last', 'iv', 'openInterest', 'volume', 'delta', 'gamma', 'dealerPosition'] as const;

/** Reads our own chain format (schema gex-chain/1). Missing numbers are unknown; the multiplier is 100 unless stated. Throws `data`. */
export function readGexChain(body: JsonObject, name: string, options: ChainReadOptions = {}): ChainSnapshot {
  if (body.schema !== GEX_CHAIN_SCHEMA) {
    throw new GexError(
      'data',
      `${name}: its schema is "${excerpt(body.schema)}"; this release reads ${GEX_CHAIN_SCHEMA}`,
    );
  }
  const { contracts, underlying, model } = body;
  if (!Array.isArray(contracts)) throw new GexError('data', `${name}: has no "contracts" list`);
  if (typeof underlying !== 'string') throw new GexError('data', `${name}: has no "underlying"`);
  if (model !== undefined && model !== 'bsm' && model !== 'black76') {
    throw new GexError('data', `${name}: its model is "${excerpt(model)}"; write bsm or black76`);
  }
  const builder = createChainBuilder(contracts.length, options.calendar);
  const multiplier = body.multiplier === undefined ? 100 : numberOf(body.multiplier);
  if (!isPositive(multiplier)) throw new GexError('data', `${name}: its multiplier is not a positive number`);
  const expiryOf = expiryReader(builder);
  for (const contract of contracts) {
    if (isObject(contract)) addContract(builder, contract, expiryOf(contract, underlying), multiplier);
    else builder.reject('not an object');
  }
  const close = numberOf(body.close);
  const rate = numberOf(body.rate);
  const dividendYield = numberOf(body.yield);
  return builder.finish({
    underlying,
    asOfMs: options.asOfMs ?? instantOf(body.asOf, name),
    spot: chosenSpot(name, numberOf(body.spot), close, options.spot),
    ...(isPositive(close) ? { close } : {}),
    ...(Number.isFinite(rate) ? { rate } : {}),
    ...(Number.isFinite(dividendYield) ? { dividendYield } : {}),
    model: model ?? 'bsm',
    source: { kind: 'gex-chain', name },
  });
}

function addContract(builder: ChainBuilder, contract: JsonObject, expiry: number, multiplier: number): void {
  const right = rightOf(contract.right);
  const shares = contract.multiplier === undefined ? multiplier : numberOf(contract.multiplier);
  if (right === undefined || !isPositive(shares)) {
    builder.reject(right === undefined ? 'bad right' : 'bad multiplier');
    return;
  }
  const symbol = typeof contract.symbol === 'string' ? contract.symbol : '';
  const row = builder.add(symbol, expiry, right, numberOf(contract.strike));
  if (row < 0) return;
  for (const field of FIELDS) builder.columns[field][row] = numberOf(contract[field]);
  builder.columns.multiplier[row] = shares;
}

const keyPart = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? `${value}` : '');

/** Finds the expiry of a contract (-1 when it has none), working each of the few different ones out only once. */
function expiryReader(builder: ChainBuilder): (contract: JsonObject, underlying: string) => number {
  const known = new Map<string, number>();
  return (contract, underlying) => {
    const root = typeof contract.root === 'string' ? contract.root : underlying;
    const key = [root, contract.expiry, contract.t, contract.settlement].map(keyPart).join(' ');
    let index = known.get(key);
    if (index === undefined) {
      const term = termOf(contract);
      index = term === undefined ? -1 : builder.expiry(root, term, settlementIn(contract.settlement));
      known.set(key, index);
    }
    return index;
  };
}

const isPositive = (value: number): boolean => value > 0 && value < Number.POSITIVE_INFINITY;

function rightOf(value: unknown): Right | undefined {
  if (value === 'C' || value === 'P') return value;
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  return word === 'c' || word === 'call' ? 'C' : word === 'p' || word === 'put' ? 'P' : undefined;
}

function settlementIn(value: unknown): Settlement | undefined {
  return value === 'am' || value === 'pm' ? value : undefined;
}

/** `expiry` as a date or a full instant, else `t` in years. */
function termOf({ expiry, t }: JsonObject): ExpiryTerm | undefined {
  if (typeof expiry !== 'string') return Number.isFinite(numberOf(t)) ? { years: numberOf(t) } : undefined;
  if (dayOf(expiry) !== undefined) return { date: expiry };
  const expiryMs = Date.parse(expiry);
  return INSTANT.test(expiry) && Number.isFinite(expiryMs) ? { expiryMs } : undefined;
}

/** An instant must name its zone: without one its meaning would depend on the machine. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}.*(Z|[+-]\d{2}:?\d{2})$/;

function instantOf(value: unknown, name: string): number {
  const ms = typeof value === 'string' && INSTANT.test(value) ? Date.parse(value) : Number.NaN;
  if (Number.isFinite(ms)) return ms;
  const found = value === undefined ? 'missing' : `"${excerpt(value)}"`;
  throw new GexError(
    'data',
    `${name}: its "asOf" is ${found}; write an instant with zone such as 2026-07-22T20:00:00Z, or give --as-of`,
  );
}

/** Writes a snapshot as gex-chain/1 text, one contract per line; reading it gives every number back to the last bit. */
export function writeGexChain(chain: ChainSnapshot): string {
  const head = {
    schema: GEX_CHAIN_SCHEMA,
    underlying: chain.underlying,
    asOf: new Date(chain.asOfMs).toISOString(),
    spot: chain.spot,
    close: chain.close,
    rate: chain.rate,
    yield: chain.dividendYield,
    multiplier: 100,
    model: chain.model,
  };
  const { contracts, vendor } = chain;
  const terms = contracts.expiries.map((expiry) => ({
    root: expiry.root === chain.underlying ? undefined : expiry.root,
    ...termFields(expiry),
  }));
  const columns = { ...chain, delta: vendor?.delta, gamma: vendor?.gamma };
  const lines = Array.from(contracts.strike, (strike, row) => {
    const multiplier = contracts.multiplier[row] as number;
    const line: Record<string, unknown> = {
      symbol: contracts.symbol[row] || undefined,
      ...terms[contracts.expiry[row] as number],
      right: (contracts.side[row] as number) > 0 ? 'C' : 'P',
      strike,
      multiplier: multiplier === 100 ? undefined : multiplier,
    };
    for (const field of FIELDS) {
      const value = columns[field]?.[row];
      // NaN has no JSON form: an unknown is left out.
      if (value !== undefined && !Number.isNaN(value)) line[field] = value;
    }
    return JSON.stringify(line);
  });
  return `${JSON.stringify(head).slice(0, -1)},"contracts":[\n${lines.join(',\n')}\n]}\n`;
}

/** The shortest form of an expiry that reads back as the same. */
function termFields({ root, label, settlement, expiryMs, years }: Expiry): JsonObject {
  if (years !== undefined) return { t: years, settlement: settlement === 'pm' ? undefined : settlement };
  const isUsual = settlementOf(root, label) === settlement;
  return {
    expiry: expiryInstant(root, label, settlement) === expiryMs ? label : new Date(expiryMs).toISOString(),
    settlement: isUsual ? undefined : settlement,
  };
}
