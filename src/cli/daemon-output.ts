import type { Settings } from '../config/table.js';
import type { PastRun } from '../jobs/daemon-history.js';
import type { Overview } from '../jobs/daemon-overview.js';
import { listed, type RunResult, sentence } from '../jobs/daemon-run.js';
import type { Output } from './ui.js';

/** The result of one run: one JSON object or one row per run, so that an endless daemon prints JSONL. */
export async function printRun(result: RunResult | undefined, out: Output): Promise<void> {
  if (out.json) return out.object({ schema: 'gex-daemon-run/1', ...runDocument(result) });
  if (!result) return out.write('nothing is due that is not held\n');
  const { success, skipped, missing, failed } = result.figures.counts;
  const counts = `${success} fetched, ${skipped} held, ${missing} not published, ${failed} failed`;
  await out.write(`${[iso(result.finishedMs), result.status, listed(result.dates), counts].join('\t')}\n`);
}

function runDocument(result: RunResult | undefined): object {
  if (!result) return { status: 'done', dates: [], holes: [] };
  const { status, dates, figures, suspicious, holes, error } = result;
  return {
    ...{ status, dates, started: iso(result.startedMs), finished: iso(result.finishedMs) },
    ...{ counts: figures.counts, failures: figures.failures, suspicious, holes },
    ...(error === undefined ? {} : { error: sentence(error) }),
  };
}

/** How things stand. */
export async function printOverview(
  found: Overview,
  { settings, nowMs }: { readonly settings: Settings; readonly nowMs: number },
  out: Output,
): Promise<void> {
  const { dataDir } = settings;
  const { state, next, holes, lastRun, lastSuccess } = found;
  const hidden = holes.length - HOLES_SHOWN;
  if (out.json) return out.object({ schema: 'gex-daemon-status/1', now: iso(nowMs), dataDir, ...document(found) });
  await out.table({
    head: ['daemon', stateText(found)],
    rows: [
      ['data folder', dataDir],
      ['next run', `${iso(next.dueMs)} of ${next.date}${state === 'stopped' ? ' (once a daemon runs)' : ''}`],
      ['last run', lastRun ? runText(lastRun) : 'none'],
      ['last success', lastSuccess ? runText(lastSuccess) : 'none'],
      ['holes', holes.length === 0 ? 'none' : `${holes.length} sessions${hidden > 0 ? ', the most urgent first' : ''}`],
      ...holes.slice(0, HOLES_SHOWN).map((hole) => [hole.date, holeText(hole)]),
      ...(hidden > 0 ? [['...', `and ${hidden} more, which --json lists`]] : []),
    ],
  });
}

const HOLES_SHOWN = 10;

function stateText({ state, daemon, run }: Overview): string {
  const holder = run ?? daemon;
  if (!holder) return 'stopped: no process keeps this archive';
  const doing = state === 'running' ? 'running' : 'waiting for the next session';
  return `${doing}: process ${holder.pid} on ${holder.host} since ${iso(holder.sinceMs)}`;
}

function runText({ startedMs, status, dates }: PastRun): string {
  return `${iso(startedMs)} ${status}: ${listed(dates)}`;
}

function holeText({ unknown, missing, failed, daysLeft, open }: Overview['holes'][number]): string {
  const parts = [
    unknown > 0 && `${unknown} files never fetched`,
    failed > 0 && `${failed} failed`,
    missing > 0 && `${missing} not published${open ? ' yet' : ''}`,
  ].filter(Boolean);
  return `${parts.join(', ')}; ${daysLeft === 0 ? 'the vendor drops it tonight' : `${daysLeft} days left`}`;
}

function document({ state, daemon, run, next, lastRun, lastSuccess, runs, holes }: Overview): object {
  const holder = (one: Overview['daemon']) =>
    one ? { pid: one.pid, host: one.host, since: iso(one.sinceMs), expires: iso(one.expiresMs) } : null;
  return {
    ...{ state, daemon: holder(daemon), run: holder(run), next: { date: next.date, at: iso(next.dueMs) } },
    lastRun: lastRun ? pastDocument(lastRun) : null,
    lastSuccess: lastSuccess ? pastDocument(lastSuccess) : null,
    ...{ runs, holes },
  };
}

/** Runs, newest first. */
export async function printHistory(runs: readonly PastRun[], out: Output): Promise<void> {
  if (out.json) return out.object({ schema: 'gex-daemon-history/1', runs: runs.map(pastDocument) });
  await out.table({
    head: ['started', 'took', 'status', 'sessions', 'result'],
    rows: runs.map((run) => [iso(run.startedMs), tookText(run), run.status, listed(run.dates), resultText(run)]),
  });
}

function pastDocument({ id, startedMs, finishedMs, status, dates, report }: PastRun): object {
  const finished = finishedMs === undefined ? null : iso(finishedMs);
  return { id, started: iso(startedMs), finished, status, dates, report: report ?? null };
}

function tookText({ startedMs, finishedMs }: PastRun): string {
  return finishedMs === undefined ? '' : `${((finishedMs - startedMs) / 1000).toFixed(1)} s`;
}

function resultText({ report }: PastRun): string {
  if (typeof report !== 'object' || report === null) return '';
  if ('error' in report) return String(report.error);
  return 'counts' in report && typeof report.counts === 'object' && report.counts !== null && 'success' in report.counts
    ? `${report.counts.success} files fetched`
    : '';
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z');
}
