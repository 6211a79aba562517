import type { Ctx, ProgressTask } from '../io/ctx.js';
import type { StreamKey } from '../wire/catalogue.js';

/** The display of a running download: one bar for all files, one for each that is under way. */
export interface DownloadProgress {
  /** Takes the bytes of a file as they come. */
  file(key: StreamKey): FileProgress;
  /** One more file has ended. */
  ended(): void;
  done(): void;
}

interface FileProgress {
  readonly onBytes: (received: number, total?: number) => void;
  done(): void;
}

/** The first report of a resumed file counts what was there already; at most this much of it is new. */
const FIRST_BYTES = 64 * 1024;

/** Shows `total` files. Speeds are bytes over the wire since the start. */
export function downloadProgress(total: number, ctx: Ctx): DownloadProgress {
  const startedMs = ctx.clock.now();
  const overall = total > 0 ? ctx.progress.start('download', total) : undefined;
  let wire = 0;
  const speed = (bytes: number, sinceMs: number): string => {
    const seconds = (ctx.clock.now() - sinceMs) / 1000;
    return seconds > 0 ? `${megabytes(bytes / seconds)}/s` : '';
  };
  const note = (): string => `${megabytes(wire)} ${speed(wire, startedMs)}`.trim();
  return {
    file({ date, ticker, package: packageName, category }) {
      const label = `${date} ${ticker} ${packageName}/${category}`;
      const fileStartedMs = ctx.clock.now();
      let task: ProgressTask | undefined;
      let seen = 0;
      return {
        onBytes(received, size) {
          task ??= ctx.progress.start(label, size, { detail: true });
          const more = Math.max(0, received - seen);
          wire += seen === 0 ? Math.min(more, FIRST_BYTES) : more;
          const of = size === undefined ? '' : ` of ${megabytes(size)}`;
          task.advance(received - seen, `${megabytes(received)}${of} ${speed(received, fileStartedMs)}`);
          seen = received;
        },
        done: () => task?.done(),
      };
    },
    ended: () => overall?.advance(1, note()),
    done: () => overall?.done(),
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
