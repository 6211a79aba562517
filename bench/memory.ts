// Memory of a running process over time, for the soaks.
import { readFileSync } from 'node:fs';

/** What the second half may add to the first half's peak: the heap is collected in steps. */
const GROWTH = 1.1;

/** Resident set of a process in MB; NaN once it is gone. */
export function residentMb(pid: number | undefined): number {
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  return Math.round(kilobytes / 1024);
}

/** The peaks of both halves of samples, the first one (warming up) left out, and whether the second is hardly higher. */
export function peaks(samples: readonly number[]) {
  const half = Math.floor(samples.length / 2);
  const firstHalf = Math.max(...samples.slice(1, half));
  const secondHalf = Math.max(...samples.slice(half));
  return { firstHalf, secondHalf, flat: secondHalf <= firstHalf * GROWTH };
}
