import { type Book, priceBook } from '../core/chainvol.js';
import type { ConventionOptions } from '../core/convention.js';
import { continues, EXPIRY_SETS, type LadderPlan, planLadders } from '../core/ladders.js';
import type { ChainSnapshot } from '../core/model.js';
import { nearestZero } from '../core/nearestzero.js';
import { unitExposures } from '../core/unitexposures.js';
import { CATEGORIES } from '../wire/catalogue.js';
import { type JsonText, jsonText } from '../wire/decimal.js';
import { writeOrderflow } from '../wire/record.js';
import type { Frame } from './frame.js';
import type { ColumnHistory } from './history.js';
import { GREEK_LADDERS, gexLine, greekLine, setVolatilities } from './ladder-lines.js';
import { orderflowValues, type SetFlow, setFlow } from './orderflow.js';
import { emptyMemory, GREEK_SETS, grownMemory, keepBook, type Memory, recalledMemory } from './publish-memory.js';
import type { Past } from './publish-past.js';

/**
 * Turns chains of one underlying, in order of time, into GexBot's 15 record lines. It remembers half an hour for the
 * priors and the last record for the flows, also when contracts are added behind those there were; a chain without
 * dealers' positions has zeros in state and orderflow.
 */
interface Publisher {
  /** The lines of a chain, one per row of CATEGORIES, without newlines; their memory is used again by the next call. */
  publish(chain: ChainSnapshot): readonly Uint8Array[];
  /** The lines of a book that `priceBook` made with this publisher's options, which name no preset: not priced again. */
  publishBook(book: Book): readonly Uint8Array[];
  /** Takes the chain of the last record of before, from whose volumes and positions the next record's flows count. */
  remember(chain: ChainSnapshot): void;
}

/** What the vendor's records are in, whatever else a caller chooses. None of it changes what a contract is priced at. */
const VENDOR = { preset: 'gexbot', unit: 'usd-per-1pct', sign: 'naive', weight: 'volume' } as const;

interface PublisherOptions extends ConventionOptions {
  /** Added to spot, strikes and levels of the records: a future's view of its index's chain. */
  readonly basis?: number;
  /** Records of the session that are there already; default: none. */
  readonly past?: Past;
}

/** A publisher that names its records after `ticker` and prices chains in the vendor's convention with `options`. */
export function createPublisher(
  ticker: string,
  { basis = 0, past = [], ...options }: PublisherOptions = {},
): Publisher {
  const lines = CATEGORIES.map(() => jsonText());
  let plan: LadderPlan | undefined;
  let memory: Memory | undefined;
  let write: (book: Book) => void;
  const layOut = (chain: ChainSnapshot): void => {
    if (plan?.contracts === chain.contracts && chain.asOfMs < plan.validUntilMs) return;
    const next = planLadders(chain, basis);
    memory = memoryFor(next);
    plan = next;
    write = planWriter(plan, { ticker, basis, memory }, lines);
  };
  const memoryFor = (next: LadderPlan): Memory => {
    if (plan === undefined || memory === undefined) return recalledMemory(next, past);
    return continues(next, plan) ? grownMemory(memory, plan, next) : emptyMemory(next);
  };
  const publishBook = (book: Book): readonly Uint8Array[] => {
    layOut(book.chain);
    for (const line of lines) line.clear();
    write({ ...book, convention: { ...book.convention, ...VENDOR } });
    return lines.map((line) => line.bytes());
  };
  return {
    publishBook,
    publish: (chain) => publishBook(priceBook(chain, { ...options, ...VENDOR })),
    remember: (chain) => {
      layOut(chain);
      keepBook(memory as Memory, chain);
    },
  };
}

interface WriterOptions {
  readonly ticker: string;
  readonly basis: number;
  readonly memory: Memory;
}

/** Writes every line of a book in the order of CATEGORIES; strikes and memory are laid out once for the plan. */
function planWriter(
  plan: LadderPlan,
  { ticker, basis, memory }: WriterOptions,
  lines: readonly JsonText[],
): (book: Book) => void {
  const unknown = new Float64Array(plan.contracts.length).fill(Number.NaN);
  const noPosition = new Float64Array(plan.contracts.length);
  const { zeros, last } = memory;
  const classic = EXPIRY_SETS.map((name) => ({ name, write: gexLine(plan, name, 'classic', memory.classic[name]) }));
  const state = EXPIRY_SETS.map((name) => gexLine(plan, name, 'state', memory.state[name]));
  const greeks = GREEK_SETS.map((name) => {
    const volatilities = setVolatilities(plan, name);
    const write = GREEK_LADDERS.map((greek, i) =>
      greekLine(plan, { name, greek, volatilities: volatilities.columns }, memory.greeks[name][i] as ColumnHistory),
    );
    return { set: plan.sets[name], volatilities, write };
  });

  return (book) => {
    const { chain } = book;
    const { gamma, delta = unknown, vanna = unknown, charm = unknown } = unitExposures(book).units;
    const position = chain.dealerPosition ?? noPosition;
    const head = { timestamp: Math.floor(chain.asOfMs / 1000), ticker, spot: chain.spot + basis };
    const frame: Frame = { chain, head, position, units: { gamma, delta, vanna, charm } };
    let at = 0;
    const next = (): JsonText => lines[at++] as JsonText;
    for (const { name, write } of classic) {
      zeros[name] = nearestZero(book, plan.sets[name].rows, zeros[name]);
      write(next(), frame, zeros[name] + basis);
    }
    for (const write of state) write(next(), frame, Number.NaN);
    const flows = greeks.map(({ set }) => setFlow(frame, set, memory.hasLast ? last : undefined));
    for (const [i, { volatilities, write }] of greeks.entries()) {
      volatilities.fill(book.volatility);
      for (const line of write) line(next(), frame, flows[i] as SetFlow);
    }
    const [zero, one] = flows as [SetFlow, SetFlow];
    writeOrderflow(next(), { ...head, values: orderflowValues(zero, one) });
    keepBook(memory, chain);
  };
}
