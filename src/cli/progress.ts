import type { MultiBar } from 'cli-progress';
import type { Ora } from 'ora';
import type { Progress, ProgressTask } from '../io/ctx.js';
import type { LineWriter } from './log.js';

/** Least time between two lines of one task where there is no live display. */
const LINE_EVERY_MS = 30_000;

/** How the story is told: a writer of lines and the display of running tasks, which share one stream. */
export interface Story {
  readonly line: LineWriter;
  readonly progress: Progress;
  /** Takes the live display away. */
  close(): void;
}

export interface StoryOptions {
  readonly stream: NodeJS.WriteStream;
  /** No progress at all, only lines. */
  readonly quiet: boolean;
  readonly now: () => number;
}

/**
 * Bars and spinners on a terminal that has columns (a stream of zero columns makes them run away); elsewhere one line
 * for every tenth of a task or half minute.
 */
export function createStory({ stream, quiet, now }: StoryOptions): Story {
  const plain: LineWriter = (line) => {
    stream.write(`${line}\n`);
  };
  if (quiet) return { line: plain, progress: { start: () => ({ advance() {}, done() {} }) }, close() {} };
  if (stream.isTTY && stream.columns > 0) return liveStory(stream, plain);
  return { line: plain, progress: lineProgress(plain, now), close() {} };
}

/** Progress as lines, for logs and pipes. */
export function lineProgress(write: LineWriter, now: () => number): Progress {
  return {
    start(label, total) {
      const startedMs = now();
      let units = 0;
      let lastTenth = 0;
      let lastMs = startedMs;
      const report = (note: string | undefined): void => {
        const share = total ? `${Math.floor((100 * units) / total)} % (${units} of ${total})` : String(units);
        write(`${label}: ${share}${note ? `, ${note}` : ''}`);
      };
      return {
        advance(more, note) {
          units += more;
          const tenth = total ? Math.floor((10 * units) / total) : 0;
          const at = now();
          if (tenth === lastTenth && at - lastMs < LINE_EVERY_MS) return;
          lastTenth = tenth;
          lastMs = at;
          report(note);
        },
        done(note) {
          if (note) write(`${label}: ${note}`);
        },
      };
    },
  };
}

interface LiveTask extends ProgressTask {
  /** Draws itself; called once the libraries are there. */
  show(): void;
}

/** The libraries are imported when the first task starts; what advances before that is counted and shown then. */
function liveStory(stream: NodeJS.WriteStream, plain: LineWriter): Story {
  let bars: MultiBar | undefined;
  let makeSpinner: ((text: string) => Ora) | undefined;
  let asked = false;
  let closed = false;
  const spinners = new Set<Ora>();
  const waiting = new Set<LiveTask>();

  const load = async (): Promise<void> => {
    const [{ default: progress }, { default: ora }] = await Promise.all([import('cli-progress'), import('ora')]);
    if (closed) return;
    bars = new progress.MultiBar(
      {
        stream,
        format: '{label} [{bar}] {percentage} % {value}/{total} {note} ({eta_formatted} left)',
        hideCursor: true,
        clearOnComplete: true,
        fps: 8,
        gracefulExit: false,
      },
      progress.Presets.rect,
    );
    makeSpinner = (text) => ora({ text, stream, discardStdin: false, hideCursor: false });
    for (const task of waiting) task.show();
    waiting.clear();
  };

  const track = (task: LiveTask): LiveTask => {
    waiting.add(task);
    if (!asked) void load();
    asked = true;
    if (bars) {
      waiting.delete(task);
      task.show();
    }
    return task;
  };

  const barTask = (label: string, total: number): LiveTask => {
    let units = 0;
    let bar: ReturnType<MultiBar['create']> | undefined;
    const task: LiveTask = {
      show() {
        bar = bars?.create(total, units, { label, note: '' });
      },
      advance(more, note) {
        units += more;
        bar?.update(Math.min(units, total), note === undefined ? {} : { note });
      },
      done(note) {
        waiting.delete(task);
        if (bar) {
          bar.stop();
          bars?.remove(bar);
        }
        if (note) line(`${label}: ${note}`);
      },
    };
    return task;
  };

  const spinnerTask = (label: string): LiveTask => {
    let units = 0;
    let spinner: Ora | undefined;
    const text = (note?: string): string => `${label}${units > 0 ? ` ${units}` : ''}${note ? ` ${note}` : ''}`;
    const task: LiveTask = {
      show() {
        spinner = makeSpinner?.(text()).start();
        if (spinner) spinners.add(spinner);
      },
      advance(more, note) {
        units += more;
        if (spinner) spinner.text = text(note);
      },
      done(note) {
        waiting.delete(task);
        if (spinner) spinners.delete(spinner.stop());
        if (note) line(`${label}: ${note}`);
      },
    };
    return task;
  };

  const line: LineWriter = (text) => {
    for (const spinner of spinners) spinner.clear();
    if (bars?.isActive) bars.log(`${text}\n`);
    else plain(text);
  };

  return {
    line,
    progress: { start: (label, total) => track(total === undefined ? spinnerTask(label) : barTask(label, total)) },
    close() {
      closed = true;
      waiting.clear();
      for (const spinner of spinners) spinner.stop();
      bars?.stop();
    },
  };
}
