import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** What tells a process from every other one, also from a later one of the same number. */
export interface ProcessMark {
  readonly pid: number;
  readonly host: string;
  /** Process numbers can be compared inside one space only: the boot and the container, or the host where neither is known. */
  readonly space: string;
  /** When the process started, in the words of its system; absent where the system does not say. */
  readonly started?: string;
}

/** The mark of this process. */
export function ownMark(): ProcessMark {
  const started = startOf(process.pid);
  return { pid: process.pid, host: hostname() || 'host', space: ownSpace(), ...(started ? { started } : {}) };
}

/** Whether the process of a mark still runs; undefined where that cannot be known (another host, no start times). */
export function isAlive({ pid, space, started }: ProcessMark): boolean | undefined {
  if (space !== ownSpace()) return undefined;
  if (!isRunning(pid)) return false;
  const found = startOf(pid);
  return found === undefined || started === undefined ? undefined : found === started;
}

/** Whether some process has this number; a process that may not be signalled counts. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

let space: string | undefined;

function ownSpace(): string {
  space ??= linuxSpace() ?? `host ${hostname()}`;
  return space;
}

function linuxSpace(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return undefined;
  }
}

/** Field 22 of proc(5)'s stat, ticks since the boot. A process that has ended and waits for its parent has none. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // from field 3, the state; the name may hold spaces
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}
