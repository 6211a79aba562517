import { GexError } from '../../errors.js';
import type { Ctx } from '../../io/ctx.js';
import { type FaultPlan, faultPlan } from '../faults.js';
import type { Question, Reloaded } from '../peers.js';
import { homeOf } from './home.js';
import type { Loaded, PrimaryTasks, Setup } from './protocol.js';
import { reloadAll } from './reload.js';
import { Turns } from './turns.js';
import { WorkerProcess } from './worker-process.js';

/** A worker that served this long ended by accident; one that did not may end at once again. */
const CALM_MS = 60_000;
/** Between two tries to replace a worker, doubled from the first to the last. */
const FIRST_WAIT_MS = 1_000;
const LAST_WAIT_MS = 30_000;
/** Workers drain for 10 s; whoever is not gone after this is ended. */
const STOP_MS = 12_000;

/** How the workers are to serve; `options` are those of the whole server. */
interface CrewOptions extends Omit<Setup, 'index'> {
  /** WebSocket connections of all workers. */
  readonly maxClients: number;
}

/** The workers of a server: started, asked together, and replaced when they end. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #ctx: Ctx;
  readonly #workers: WorkerProcess[] = [];
  readonly #quickEnds: number[];
  readonly #closing = new AbortController();
  /** Starts, reloads and fault plans: a worker never starts with a day or plan that is just being replaced. */
  readonly #turns = new Turns();
  #date: string;
  #faults: FaultPlan | undefined;
  #reloading = false;
  #next = 0;

  constructor(options: CrewOptions, ctx: Ctx) {
    this.#options = options;
    this.#ctx = ctx;
    this.#date = options.options.date;
    this.#faults = options.options.faults;
    this.#quickEnds = Array.from({ length: options.count }, () => 0);
  }

  /** The day being served. */
  get date(): string {
    return this.#date;
  }

  /** Connections of all workers. */
  get connections(): number {
    return this.#workers.reduce((sum, worker) => sum + worker.connections, 0);
  }

  /** Starts every worker. Throws what the first one that fails threw, with none left behind. */
  async open(): Promise<Loaded> {
    const indices = Array.from({ length: this.#options.count }, (_, index) => index);
    const { signal } = this.#ctx;
    const interrupt = (): void => {
      for (const worker of this.#workers) worker.kill();
    };
    signal.addEventListener('abort', interrupt);
    try {
      signal.throwIfAborted();
      const [loaded] = await Promise.all(indices.map((index) => this.#start(index)));
      if (loaded === undefined) throw new Error('a server needs a worker');
      for (const worker of this.#workers) this.#watch(worker);
      return loaded;
    } catch (error) {
      this.#closing.abort();
      await this.#end(this.#workers);
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  }

  /** The home of a key, or any worker (no key); undefined while it is being replaced. */
  workerFor(apiKey: string | undefined): WorkerProcess | undefined {
    const { count } = this.#options;
    if (apiKey !== undefined) {
      const home = this.#workers[homeOf(apiKey, count)];
      return home?.ready ? home : undefined;
    }
    const ready = this.#workers.filter((worker) => worker.ready);
    this.#next += 1;
    return ready[this.#next % ready.length];
  }

  /** What the home of a key answers, or every worker. Rejects with `storage` while one of them is being replaced. */
  ask(question: Question, apiKey?: string): Promise<readonly unknown[]> {
    if (apiKey !== undefined) return this.#askWorkers([this.workerFor(apiKey)], question);
    if (question.route !== 'POST /faults') return this.#askWorkers(this.#workers, question);
    return this.#turns.run(async () => {
      const answers = await this.#askWorkers(this.#workers, question);
      this.#faults = faultPlan.parse(question.body);
      return answers;
    });
  }

  /** Replays another day in every worker, or in none. Undefined while another reload is under way. */
  reload(date: string): Promise<Reloaded> | undefined {
    if (this.#reloading) return undefined;
    this.#reloading = true;
    return this.#turns
      .run(async () => {
        const previousDate = this.#date;
        const ready = this.#workers.filter((worker) => worker.ready);
        const reloaded = await reloadAll(ready, date, this.#ctx);
        this.#date = reloaded.date;
        return { previousDate, ...reloaded };
      })
      .finally(() => {
        this.#reloading = false;
      });
  }

  /** Lets every worker finish what is under way, 10 s at most. */
  async close(): Promise<void> {
    this.#closing.abort();
    const timer = new AbortController();
    const stopped = this.#workers.map((worker) => worker.channel.ask('stop', undefined).catch(() => {}));
    const late = this.#ctx.clock.sleep(STOP_MS, timer.signal).catch(() => {});
    await Promise.race([Promise.all(stopped), late]);
    timer.abort();
    await this.#end(this.#workers);
  }

  async #askWorkers(asked: readonly (WorkerProcess | undefined)[], question: Question): Promise<readonly unknown[]> {
    const ready = asked.filter((worker) => worker?.ready === true) as readonly WorkerProcess[];
    if (ready.length < asked.length) {
      throw new GexError(
        'storage',
        'A worker of this server is being replaced: nothing was done, try again in a second.',
      );
    }
    return Promise.all(ready.map((worker) => worker.channel.ask('part', question)));
  }

  async #start(index: number): Promise<Loaded> {
    const worker = new WorkerProcess(index, (own) => this.#tasksOf(own), this.#ctx.clock.now());
    this.#workers[index] = worker;
    const { maxClients, ...setup } = this.#options;
    const { faults: _initial, ...options } = setup.options;
    const served = { ...options, date: this.#date, ...(this.#faults && { faults: this.#faults }) };
    const early = worker.ended.then((how) => {
      throw new GexError(
        'storage',
        `Worker ${worker.name} of ${setup.count} ended (${how}) before it served; with too little memory take fewer --workers or --data-mode stream.`,
      );
    });
    const loaded = await Promise.race([worker.channel.ask('start', { ...setup, options: served, index }), early]);
    worker.ready = true;
    this.#ctx.log.debug(`worker ${worker.name} serves`, { pid: worker.pid });
    return loaded;
  }

  #tasksOf(worker: WorkerProcess): PrimaryTasks {
    return {
      ask: ({ question, apiKey }) => this.ask(question, apiKey),
      reload: async (date) => this.reload(date),
      takeSeat: () => {
        const taken = this.#workers.reduce((sum, { seats }) => sum + seats, 0);
        if (taken >= this.#options.maxClients) return false;
        worker.seats += 1;
        return true;
      },
      leaveSeat: () => {
        worker.seats -= 1;
      },
      closed: (count) => {
        worker.connections -= count;
      },
      log: ({ level, message, fields }) => this.#ctx.log[level](message, fields),
    };
  }

  #watch(worker: WorkerProcess): void {
    worker.ended
      .then((how) => this.#replace(worker, how))
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#ctx.log.error(`worker ${worker.name} was not replaced`, { error });
      });
  }

  async #replace(worker: WorkerProcess, how: string): Promise<void> {
    const { clock, log } = this.#ctx;
    const { signal } = this.#closing;
    if (signal.aborted) return;
    const { index, name, pid } = worker;
    const quick = clock.now() - worker.startedMs < CALM_MS ? (this.#quickEnds[index] ?? 0) : 0;
    const waitMs = quick === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (quick - 1), LAST_WAIT_MS);
    this.#quickEnds[index] = quick + 1;
    const lost = this.#options.options.store === undefined || this.#options.options.store.kind === 'memory';
    const keys = lost ? '; its API keys start over' : '';
    log.warn(`worker ${name} ended (${how}) and is replaced${keys}`, { pid, waitMs });
    await clock.sleep(waitMs, signal);
    await this.#turns.run(async () => {
      if (signal.aborted) return;
      try {
        await this.#start(index);
      } catch (error) {
        if (!signal.aborted) log.error(`worker ${name} could not be replaced and is tried again`, { error });
        this.#workers[index]?.kill();
      }
      const next = this.#workers[index];
      if (next !== undefined) this.#watch(next);
    });
  }

  async #end(workers: readonly WorkerProcess[]): Promise<void> {
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map((worker) => worker.ended));
  }
}
