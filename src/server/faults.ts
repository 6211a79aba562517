import { z } from 'zod';
import { type RandomStream, randomStream } from '../core/random.js';
import { GexError } from '../errors.js';

/** Longest delay a fault may add. */
const MAX_DELAY_MS = 60_000;

const probability = z.number().min(0).max(1);
const ms = z.number().min(0).max(MAX_DELAY_MS);

const delay = z.union([
  ms.describe('Always the same'),
  z.object({ from: ms, to: ms }).describe('Uniform'),
  z.object({ mean: ms }).describe('Exponential'),
  z.object({ mean: ms, deviation: ms }).describe('Normal, cut at 0'),
]);

const faultRow = z.discriminatedUnion('fault', [
  z.strictObject({ fault: z.literal('latency'), probability, ms: delay }).describe('REST: the answer comes later'),
  z
    .strictObject({
      fault: z.literal('status'),
      probability,
      status: z.union([z.literal(429), z.int().min(500).max(599)]),
      retry_after: z.int().min(0).max(3600).optional().describe('Seconds, in Retry-After'),
    })
    .describe('REST: an error instead of the answer; no position moves'),
  z
    .strictObject({ fault: z.literal('stale'), probability, records: z.int().min(1).max(100_000) })
    .describe('REST and sockets: a record of earlier, while positions move on'),
  z.strictObject({ fault: z.enum(['drop', 'duplicate', 'truncate', 'disconnect']), probability }).describe('Sockets'),
  z.strictObject({ fault: z.literal('delay'), probability, ms: delay }).describe('Sockets: the message comes later'),
]);

/** What goes wrong, how often, from one seed. */
export const faultPlan = z.strictObject({
  seed: z.int().min(0).max(0xffffffff).default(1),
  faults: z.array(faultRow).max(100),
});

type FaultRow = z.infer<typeof faultRow>;
export type FaultPlan = z.infer<typeof faultPlan>;

interface AnswerFault {
  readonly delayMs: number;
  /** Answer with this instead. */
  readonly status?: number;
  readonly retryAfter?: number;
}

interface FrameFault {
  readonly delayMs: number;
  readonly action: 'send' | 'drop' | 'duplicate' | 'truncate' | 'disconnect';
  /** Share of the bytes a truncated frame keeps, below 1. */
  readonly keep: number;
}

interface Faulty {
  /** A request with an API key, before its route. */
  readonly answer: AnswerFault;
  /** A record about to be served: how many records back to go. */
  readonly record: { readonly behind: number };
  /** A message about to be sent to one socket. */
  readonly frame: FrameFault;
}

const OFF: FaultPlan = { seed: 1, faults: [] };

/** One row with random numbers of its own: other rows, and other traffic, never change when it strikes. */
interface Source {
  readonly row: FaultRow;
  readonly random: RandomStream;
  injected: number;
}

/** Seeded fault injection for testing clients: the same plan and the same traffic meet the same faults. Off until set. */
export class Faults {
  #plan = OFF;
  #sources: readonly Source[] = [];

  /** Whether anything can go wrong: when not, nothing need be decided. */
  get active(): boolean {
    return this.#sources.length > 0;
  }

  get state() {
    return {
      active: this.active,
      seed: this.#plan.seed,
      faults: this.#plan.faults,
      injected: Object.fromEntries(this.#sources.map(({ row, injected }, i) => [`${i}_${row.fault}`, injected])),
    };
  }

  set(plan: FaultPlan): void {
    this.#plan = plan;
    this.#sources = plan.faults.flatMap((row, index) =>
      row.probability === 0 ? [] : [{ row, random: randomStream(plan.seed, String(index), row.fault), injected: 0 }],
    );
  }

  /** What goes wrong this time; undefined: nothing. Delays add up, otherwise the first row that strikes counts. */
  decide<K extends keyof Faulty>(kind: K): Faulty[K] | undefined {
    if (!this.active) return undefined;
    return DECISIONS[kind](this.#sources.filter(({ row }) => KINDS[row.fault] === kind).filter(strikes));
  }
}

/** A plan from a file. Throws `usage` that names the file and everything wrong with it. */
export function parseFaultPlan(value: unknown, name: string): FaultPlan {
  const parsed = faultPlan.safeParse(Array.isArray(value) ? { faults: value } : value);
  if (parsed.success) return parsed.data;
  const details = parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'the file'}: ${message}`);
  throw new GexError('usage', `${name} is not a list of faults:`, { details });
}

const KINDS: Readonly<Record<FaultRow['fault'], keyof Faulty>> = {
  latency: 'answer',
  status: 'answer',
  stale: 'record',
  drop: 'frame',
  duplicate: 'frame',
  delay: 'frame',
  truncate: 'frame',
  disconnect: 'frame',
};

const DECISIONS: { readonly [K in keyof Faulty]: (struck: readonly Source[]) => Faulty[K] | undefined } = {
  answer: (struck) => {
    const first = struck.map(({ row }) => row).find((row) => row.fault === 'status');
    if (struck.length === 0) return undefined;
    return {
      delayMs: totalDelay(struck),
      ...(first && { status: first.status }),
      ...(first?.retry_after !== undefined && { retryAfter: first.retry_after }),
    };
  },
  record: (struck) => {
    const first = struck.map(({ row }) => row).find((row) => row.fault === 'stale');
    return first && { behind: first.records };
  },
  frame: (struck) => {
    if (struck.length === 0) return undefined;
    for (const { row, random } of struck) {
      if (row.fault === 'drop' || row.fault === 'duplicate' || row.fault === 'truncate' || row.fault === 'disconnect') {
        return {
          delayMs: totalDelay(struck),
          action: row.fault,
          keep: row.fault === 'truncate' ? random.uniform() : 1,
        };
      }
    }
    return { delayMs: totalDelay(struck), action: 'send', keep: 1 };
  },
};

function strikes(source: Source): boolean {
  const struck = source.random.uniform() < source.row.probability;
  if (struck) source.injected += 1;
  return struck;
}

function totalDelay(struck: readonly Source[]): number {
  let total = 0;
  for (const { row, random } of struck) {
    if (row.fault === 'latency' || row.fault === 'delay') total += drawDelay(row.ms, random);
  }
  return Math.min(total, MAX_DELAY_MS);
}

function drawDelay(of: z.infer<typeof delay>, random: RandomStream): number {
  if (typeof of === 'number') return of;
  if ('from' in of) return of.from + (of.to - of.from) * random.uniform();
  if ('deviation' in of) return Math.max(0, of.mean + of.deviation * random.normal());
  return -of.mean * Math.log(random.uniform());
}
