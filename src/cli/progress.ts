import type { MultiBar, SingleBar } from 'cli-progress';
import type { Ora } from 'ora';
import type { Progress, ProgressOptions, ProgressTask } from '../io/ctx.js';
import type { LineWriter } from './log.js';

/** Least time between two lines of one task where there is no live display. */
const LINE_EVERY_MS = 30_000;

/** How the story is told: a writer of lines and the display of running tasks, which share one stream. */
interface Story {
  readonly line: LineWriter;
  readonly progress: Progress;
  /** Takes the live display away. */
  close(): void;
}

interface StoryOptions {
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
  if (quiet) return { line: plain, progress: { start: () => SILENT }, close() {} };
  if (stream.isTTY && stream.columns > 0) return liveStory(stream, plain);
  return { line: plain, progress: lineProgress(plain, now), close() {} };
}

const SILENT: ProgressTask = { advance() {}, done() {} };

/** Progress as lines, for logs and pipes. */
export function lineProgress(write: LineWriter, now: () => number): Progress {
  return {
    start(label, total, options) {
      if (options?.detail) return SILENT;
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

interface Libraries {
  readonly bars: () => MultiBar;
  readonly spinner: (text: string) => Ora;
}

/** The libraries are imported when the first task starts; what advances before that is counted and shown then. */
function liveStory(stream: NodeJS.WriteStream, plain: LineWriter): Story {
  let libraries: Libraries | undefined;
  let asked = false;
  let bars: MultiBar | undefined;
  const barTasks = new Set<LiveTask>();
  const spinners = new Set<Ora>();
  const waiting = new Set<LiveTask>();

  const load = async (): Promise<void> => {
    const loaded = await loadLibraries(stream);
    libraries = loaded;
    for (const task of waiting) task.show();
    waiting.clear();
  };

  const track = (task: LiveTask): LiveTask => {
    if (libraries) task.show();
    else waiting.add(task);
    if (!asked) void load();
    asked = true;
    return task;
  };

  const line: LineWriter = (text) => {
    for (const spinner of spinners) spinner.clear();
    if (!bars) return plain(text);
    bars.log(`${text}\n`);
    bars.update();
  };

  const stopBars = (): void => {
    bars?.stop();
    bars = undefined;
  };

  /** Finished bars stay until the last one is done, except those of details. */
  const barTask = (label: string, total: number, { detail = false }: ProgressOptions = {}): LiveTask => {
    let units = 0;
    let lastNote = '';
    let bar: SingleBar | undefined;
    const task: LiveTask = {
      show() {
        for (const spinner of spinners) spinner.stop();
        bars ??= libraries?.bars();
        const format = detail ? { format: total > 0 ? DETAIL_FORMAT : SIZELESS_FORMAT } : {};
        bar = bars?.create(total, units, { label, note: lastNote }, format);
        barTasks.add(task);
      },
      advance(more, note) {
        units += more;
        lastNote = note ?? lastNote;
        bar?.update(Math.min(units, total), { note: lastNote });
      },
      done(note) {
        waiting.delete(task);
        barTasks.delete(task);
        if (detail && bar) bars?.remove(bar);
        if (barTasks.size === 0) stopBars();
        if (note) line(`${label}: ${note}`);
      },
    };
    return task;
  };

  /** Drawn only while there is no bar. */
  const spinnerTask = (label: string): LiveTask => {
    let units = 0;
    let spinner: Ora | undefined;
    const text = (note?: string): string => [label, units || '', note ?? ''].filter(Boolean).join(' ');
    return {
      show() {
        if (bars) return;
        spinner = libraries?.spinner(text()).start();
        if (spinner) spinners.add(spinner);
      },
      advance(more, note) {
        units += more;
        if (spinner) spinner.text = text(note);
      },
      done(note) {
        waiting.delete(this);
        if (spinner) spinners.delete(spinner.stop());
        if (note) line(`${label}: ${note}`);
      },
    };
  };

  return {
    line,
    progress: {
      start: (label, total, options) =>
        track(total === undefined && !options?.detail ? spinnerTask(label) : barTask(label, total ?? 0, options)),
    },
    close() {
      waiting.clear();
      for (const spinner of spinners) spinner.stop();
      stopBars();
    },
  };
}

const DETAIL_FORMAT = '  {label} [{bar}] {percentage} % {note}';
/** Nobody knows how far it is. */
const SIZELESS_FORMAT = '  {label} {note}';

async function loadLibraries(stream: NodeJS.WriteStream): Promise<Libraries> {
  const [{ default: progress }, { default: ora }] = await Promise.all([import('cli-progress'), import('ora')]);
  const format = '{label} [{bar}] {percentage} % {value}/{total} {note} ({eta_formatted} left)';
  const options = { stream, format, hideCursor: null, clearOnComplete: true, fps: 8, gracefulExit: false };
  return {
    bars: () => new progress.MultiBar(options, progress.Presets.rect),
    spinner: (text) => ora({ text, stream, isEnabled: true, discardStdin: false, hideCursor: false }),
  };
}
