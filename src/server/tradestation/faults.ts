import { z } from 'zod';
import { GexError } from '../../errors.js';

const wait = z.number().min(0).max(3_600_000);
const on = z.literal(true);

/** Switches of one row, by the names of contract section 9.4; several may stand in one row. */
const switches = z.strictObject({
  delayMs: wait.optional().describe('Every answer and stream starts that much later'),
  stallAfterBytes: z.int().min(0).optional().describe('The body stops there; the connection stays'),
  status: z.union([z.literal([401, 403, 404, 414, 429, 500, 502, 503, 504])]).optional(),
  rateHeaders: z
    .strictObject({
      limit: z.int().optional(),
      remaining: z.int().optional(),
      reset: z.number().optional(),
      resource: z.string().optional(),
    })
    .optional(),
  retryAfter: z.number().min(0).optional().describe('Seconds, in Retry-After'),
  closeAfterMs: wait.optional(),
  closeAfterN: z.int().min(0).optional().describe('Messages'),
  closeWith: z.enum(['fin', 'rst']).optional().describe('Default rst; either way in the middle of an object'),
  openThenClose: z.union([on, wait]).optional().describe('200, nothing, then the end; true: after 5 s'),
  heartbeatOnly: on.optional(),
  silent: on.optional(),
  frozenBar: on.optional(),
  goAway: z.enum(['status', 'error']).optional(),
  dualLogon: z.union([on, z.literal('symbol')]).optional(),
  badRequest: z.union([on, z.literal('message')]).optional(),
  internalError: z.union([on, z.literal('message')]).optional(),
  invalidSymbol: z.array(z.string().min(1)).optional(),
  garbageLine: on.optional(),
  blankLines: on.optional(),
  noNewline: on.optional(),
  hugeObject: z
    .int()
    .min(1)
    .max(64 << 20)
    .optional()
    .describe('Bytes of one message'),
  tokenRevoked: on.optional(),
  rotate: on.optional(),
  loseRefreshAnswer: on.optional(),
  clockSkewMs: z.number().min(-86_400_000).max(86_400_000).optional(),
  emptyExpirations: on.optional(),
  emptyStrikes: on.optional(),
  missingOI: on.optional(),
  zeroBidAsk: on.optional(),
  crossed: on.optional(),
  wideSpread: on.optional(),
  stuckLast: on.optional(),
  delayed: on.optional(),
  emptyBody200: on.optional(),
  errorBody200: on.optional(),
  slowConsumer: z.int().min(1).optional().describe('Ends a stream with more undrained bytes than this'),
});

const faultRow = switches.extend({
  path: z.string().min(1).default('*').describe('Path of requests, * stands for any characters'),
  /** Requests that meet the fault before it is spent. */
  count: z.int().min(1).optional(),
  /** Requests that pass before the first one meets it. */
  skip: z.int().min(0).default(0),
  /** Service time after which it is spent. */
  forMs: wait.optional(),
});

const faultPlan = z.union([z.array(faultRow).max(100), z.strictObject({ faults: z.array(faultRow).max(100) })]);

export type Switches = z.infer<typeof switches>;
export type TradestationFault = z.input<typeof faultRow>;

interface ArmedRow {
  readonly row: z.infer<typeof faultRow>;
  readonly matches: (path: string) => boolean;
  readonly sinceMs: number;
  seen: number;
  hits: number;
}

/** Rows of faults from a file or a request. Throws `usage` with everything wrong. */
export function parseFaults(value: unknown, name: string): readonly z.infer<typeof faultRow>[] {
  const parsed = faultPlan.safeParse(value);
  if (parsed.success) return Array.isArray(parsed.data) ? parsed.data : parsed.data.faults;
  const details = z.prettifyError(parsed.error).split('\n');
  throw new GexError('usage', `${name} is not a list of faults of the stand-in:`, { details });
}

/** The faults in force; each request that a row matches uses it up by one. */
export class FaultBoard {
  #rows: ArmedRow[] = [];
  #version = 0;

  /** Changes with every `set`: open streams look again then. */
  get version(): number {
    return this.#version;
  }

  get state() {
    return this.#rows.map(({ row, hits }) => ({ ...row, hits }));
  }

  set(rows: readonly z.infer<typeof faultRow>[], nowMs: number): void {
    this.#version += 1;
    this.#rows = rows.map((row) => ({ row, matches: matcher(row.path), sinceMs: nowMs, seen: 0, hits: 0 }));
  }

  /** What this request meets: the switches of every row in force, the first row first. */
  take(path: string, nowMs: number): Switches {
    const met: Switches[] = [];
    for (const armed of this.#rows) {
      const { count = Number.POSITIVE_INFINITY, skip, forMs = Number.POSITIVE_INFINITY, path: _, ...rest } = armed.row;
      if (!armed.matches(path) || nowMs - armed.sinceMs > forMs || armed.hits >= count) continue;
      armed.seen += 1;
      if (armed.seen <= skip) continue;
      armed.hits += 1;
      met.push(rest);
    }
    return Object.assign({}, ...met.reverse());
  }
}

function matcher(pattern: string): (path: string) => boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const regex = new RegExp(`^${literal.join('.*')}$`, 'i');
  return (path) => regex.test(path);
}
