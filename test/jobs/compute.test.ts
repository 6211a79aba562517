import { expect, it } from 'vitest';
import type { ChainSnapshot } from '../../src/core/model.js';
import { GexError } from '../../src/errors.js';
import type { Ctx } from '../../src/io/ctx.js';
import type { ChainPorts } from '../../src/jobs/chain-source.js';
import { type ComputeOptions, compute } from '../../src/jobs/compute.js';
import { type ContractRow, chainOf } from '../helpers/chains.js';

const NOON = Date.parse('2026-08-19T16:00:00Z');
const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

function ctxAt(now: number): Ctx {
  return {
    log: silent,
    clock: { now: () => now, sleep: async () => {} },
    signal: new AbortController().signal,
    progress: { start: () => ({ advance: () => {}, done: () => {} }) },
  };
}

const DAY: ContractRow = {
  root: 'SPY',
  right: 'C',
  strike: 100,
  expiry: '2026-08-19',
  openInterest: 5,
  volume: 3,
  iv: 0.2,
};
const ROWS: readonly ContractRow[] = [
  DAY,
  { ...DAY, right: 'P', strike: 95 },
  { ...DAY, expiry: '2026-08-21' },
  { ...DAY, right: 'P', strike: 95, expiry: '2026-08-21', openInterest: 9 },
];

function chain(rows: readonly ContractRow[] = ROWS, asOfMs = NOON): ChainSnapshot {
  return { ...chainOf({ spot: 99, asOfMs, rate: 0.03, dividendYield: 0 }, rows), underlying: 'SPY' };
}

const never = (what: string) => () => {
  throw new Error(`${what} must not be asked`);
};

function portsOf(ports: Partial<ChainPorts>): ChainPorts {
  return {
    readFile: never('the file'),
    fetchCboe: never('cboe'),
    fetchTradestation: never('tradestation'),
    readStore: never('the store'),
    synthesise: never('the generator'),
    ...ports,
  };
}

const OPTIONS: ComputeOptions = {
  ticker: 'SPY',
  isTickerStated: false,
  expiry: 'all',
  spot: 'current',
  seed: 1,
  convention: { iv: 'chain' },
};

function computed(snapshot: ChainSnapshot, options: Partial<ComputeOptions> = {}) {
  const ports = portsOf({ readFile: async () => snapshot });
  return compute({ ...OPTIONS, file: 'chain.json', ...options }, ports, ctxAt(NOON + 60_000));
}

const asStored = (asOfMs: number) => ({ ...chain(ROWS, asOfMs), source: { kind: 'store', name: 'gex.db' } as const });

async function failure(work: Promise<unknown>): Promise<{ kind: string; message: string }> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GexError)) throw new Error(`expected a GexError, found ${error}`);
  return { kind: error.kind, message: error.message };
}

it('takes the stored chain when it is of the current or the last session', async () => {
  for (const asOf of ['2026-08-19T14:00:00Z', '2026-08-18T20:00:00Z']) {
    const ports = portsOf({ readStore: async () => asStored(Date.parse(asOf)) });
    const { profile, ageMs } = await compute(OPTIONS, ports, ctxAt(NOON));
    expect(profile.chain.source.kind).toBe('store');
    expect(ageMs).toBe(NOON - Date.parse(asOf));
  }
});

it('fetches from Cboe when the stored chain is older, or there is none', async () => {
  for (const stored of [asStored(Date.parse('2026-08-17T20:00:00Z')), undefined]) {
    const fetched = { ...chain(), source: { kind: 'cboe-json', name: 'https://cboe' } as const };
    const ports = portsOf({ readStore: async () => stored, fetchCboe: async () => fetched });
    const { profile } = await compute(OPTIONS, ports, ctxAt(NOON));
    expect(profile.chain.source.name).toBe('https://cboe');
  }
});

it('asks the store for the underlying of an option root', async () => {
  const asked: string[] = [];
  const ports = portsOf({
    readStore: async (underlying) => {
      asked.push(underlying);
      return asStored(NOON);
    },
  });
  await compute({ ...OPTIONS, ticker: 'spxw', source: 'store' }, ports, ctxAt(NOON));
  expect(asked).toEqual(['SPX']);
});

it('says how to fill an empty store', async () => {
  const { kind, message } = await failure(
    compute({ ...OPTIONS, source: 'store' }, portsOf({ readStore: async () => undefined }), ctxAt(NOON)),
  );
  expect(kind).toBe('missing');
  expect(message).toContain('gex compute --store');
});

it('synthesises the moment of now in a session, and the last session outside of one', async () => {
  const asked: unknown[] = [];
  const ports = portsOf({
    synthesise: (options) => {
      asked.push(options);
      return chain();
    },
  });
  const source = { ...OPTIONS, source: 'synth' } as const;
  await compute(source, ports, ctxAt(NOON));
  await compute(source, ports, ctxAt(Date.parse('2026-08-22T16:00:00Z')));
  await compute(source, ports, ctxAt(Date.parse('2026-08-19T22:00:00Z')));
  expect(asked).toEqual([
    { ticker: 'SPY', seed: 1, atMs: NOON },
    { ticker: 'SPY', seed: 1, date: '2026-08-21' },
    { ticker: 'SPY', seed: 1, date: '2026-08-19' },
  ]);
});

it('refuses a file and a source at once', async () => {
  expect((await failure(computed(chain(), { source: 'cboe' }))).kind).toBe('usage');
});

it('warns when the file is of another underlying than the ticker asked for', async () => {
  const { profile } = await computed(chain(), { ticker: 'QQQ', isTickerStated: true });
  expect(profile.warnings).toContain('the chain is one of SPY, not of QQQ');
});

it('computes the expiries that were asked for', async () => {
  const zero = await computed(chain(), { expiry: '0dte' });
  expect(zero.profile.byExpiry.map((row) => row.expiry.label)).toEqual(['2026-08-19']);
  const friday = await computed(chain(), { expiry: ['2026-08-21'] });
  expect(friday.profile.totals.putOpenInterest).toBe(9);
  expect(friday.chain.contracts.length).toBe(4);
});

it('lists the expiries there are when another one is asked for', async () => {
  const { kind, message } = await failure(computed(chain(), { expiry: ['2026-08-21', '2026-09-18'] }));
  expect(kind).toBe('missing');
  expect(message).toContain('2026-09-18');
  expect(message).toContain('its expiries are 2026-08-19, 2026-08-21');
});

it('names --as-of when everything has expired', async () => {
  const { kind, message } = await failure(computed(chain(ROWS, Date.parse('2026-08-24T16:00:00Z'))));
  expect(kind).toBe('data');
  expect(message).toContain('--as-of');
  expect(message).toContain('2026-08-21T20:00:00.000Z');
});

it('names --weight volume when there is volume and no open interest', async () => {
  const rows = ROWS.map((row) => ({ ...row, openInterest: 0 }));
  const { kind, message } = await failure(computed(chain(rows)));
  expect(kind).toBe('data');
  expect(message).toContain('--weight volume');
  const { profile } = await computed(chain(rows), { convention: { iv: 'chain', weight: 'volume' } });
  expect(profile.totals.netGex).not.toBe(0);
  expect((await failure(computed(chain(rows.map((row) => ({ ...row, volume: 0 })))))).message).not.toContain(
    '--weight',
  );
});

it('computes a chain of one side with a warning and without a put/call ratio', async () => {
  const { profile } = await computed(chain(ROWS.filter((row) => row.right === 'C')));
  expect(profile.warnings.join()).toContain('calls only');
  expect(profile.levels.putCallRatio.openInterest).toBeNaN();
  expect(profile.totals.callGex).toBeGreaterThan(0);
});

it('names --iv chain when no quote can be solved, and when few can', async () => {
  const crossed = ROWS.map((row) => ({ ...row, bid: 2, ask: 1 }));
  const none = await failure(computed(chain(crossed), { convention: { iv: 'solve' } }));
  expect(none.kind).toBe('data');
  expect(none.message).toContain('crossed-quote 4');
  expect(none.message).toContain('--iv chain');
  const [first, ...rest] = crossed;
  const few = chain([{ ...(first as ContractRow), bid: 0.1, ask: 0.12 }, ...rest]);
  const { profile } = await computed(few, { convention: { iv: 'solve' } });
  expect(profile.coverage.excluded).toEqual({ 'crossed-quote': 3 });
  expect(profile.warnings.join()).toContain('only 20.8 % of the open interest could be priced; --iv chain');
});

it('falls back to the volatilities of a chain without quotes and says so', async () => {
  const { profile } = await computed(chain(), { convention: {} });
  expect(profile.convention.iv).toBe('chain');
  expect(profile.warnings.join()).toContain('--iv chain');
});

it('counts what the reader rejected in the coverage', async () => {
  const { profile } = await computed(chain([...ROWS, { ...DAY, strike: Number.NaN }, DAY]));
  expect(profile.coverage.contracts).toBe(6);
  expect(profile.coverage.priced).toBe(4);
  expect(Object.keys(profile.coverage.excluded)).toEqual(['bad-strike', 'duplicate']);
  expect(Object.values(profile.coverage.excluded).reduce((a, b) => a + b, 0)).toBe(2);
});

it('says how many contracts have no known weight', async () => {
  const rows = ROWS.map((row, i) => (i === 0 ? { ...row, openInterest: Number.NaN } : row));
  const { profile } = await computed(chain(rows));
  expect(profile.warnings).toEqual(['the open interest of 1 of 4 contracts is unknown: they add nothing']);
});

it('takes the sign and size of every position from the chain with sign per-contract', async () => {
  // Long calls and short puts: what the naive sign assumes of such open interest.
  const positions = [3, 0, 0, -1];
  const held = ROWS.map((row, i) => ({ ...row, dealerPosition: positions[i] ?? 0 }));
  const assumed = ROWS.map((row, i) => ({ ...row, openInterest: Math.abs(positions[i] ?? 0) }));
  const { profile } = await computed(chain(held), { convention: { iv: 'chain', sign: 'per-contract' } });
  const naive = (await computed(chain(assumed))).profile;
  for (const key of ['callGex', 'putGex', 'netGex', 'absGex', 'dexDealer', 'vexDealer', 'chexDealer'] as const) {
    expect({ key, value: profile.totals[key] }).toEqual({ key, value: naive.totals[key] });
  }
  expect(profile.curve.zeros).toEqual(naive.curve.zeros);
  expect(profile.totals.dexMarket).not.toBe(naive.totals.dexMarket);
  expect(profile.totals.netGexVolume).toBeNaN();
  const none = await failure(computed(chain(), { convention: { iv: 'chain', sign: 'per-contract' } }));
  expect(none.message).toContain('dealerPosition');
});
