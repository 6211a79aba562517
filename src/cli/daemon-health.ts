import type { Settings } from '../config/table.js';
import type { Ctx } from '../io/ctx.js';
import type { Overview } from '../jobs/daemon-overview.js';
import { startDaemonHealth } from '../server/daemon-health.js';
import type { DaemonStatus } from '../server/daemon-status.js';

/** Looking for holes reads the whole window of the ledger: those who ask more often get the last answer. */
const FRESH_MS = 30_000;

/** Starts `/health`, `/ready` and `/metrics` where a port is set. GexError `usage` when the port is taken. */
export async function startHealth(
  { daemonHost: host, daemonPort: port }: Settings,
  look: () => Promise<Overview>,
  ctx: Ctx,
): Promise<{ close(): Promise<void> } | undefined> {
  if (port === undefined) return undefined;
  const startedMs = ctx.clock.now();
  const fresh = keptFor(FRESH_MS, ctx, look);
  const status = async (): Promise<DaemonStatus> => statusOf(await fresh(), startedMs);
  const health = await startDaemonHealth({ host, port }, { status, log: ctx.log });
  ctx.log.info(`health at ${health.url}/health, metrics at ${health.url}/metrics`);
  return health;
}

function statusOf(found: Overview, startedMs: number): DaemonStatus {
  const { state, lastRun, lastSuccess, next, runs } = found;
  const open = found.holes.filter((hole) => hole.open);
  const cells = open.reduce((sum, { unknown, missing, failed }) => sum + unknown + missing + failed, 0);
  const daysLeft = open.map((hole) => hole.daysLeft);
  return {
    startedMs,
    running: state === 'running',
    ...(lastRun && { lastRun }),
    ...(lastSuccess?.finishedMs !== undefined && { lastSuccessMs: lastSuccess.finishedMs }),
    nextRunMs: next.dueMs,
    runs,
    holes: cells,
    ...(daysLeft.length > 0 && { daysLeftMin: Math.min(...daysLeft) }),
  };
}

/** The last answer while it is younger than `ms`; a failed one is not kept. */
function keptFor<T>(ms: number, { clock }: Ctx, ask: () => Promise<T>): () => Promise<T> {
  let kept: { readonly atMs: number; readonly answer: Promise<T> } | undefined;
  return () => {
    const nowMs = clock.now();
    if (!kept || Math.abs(nowMs - kept.atMs) > ms) {
      const answer = ask();
      kept = { atMs: nowMs, answer };
      answer.catch(() => {
        kept = undefined;
      });
    }
    return kept.answer;
  };
}
