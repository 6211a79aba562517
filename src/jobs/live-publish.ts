import type { Bus } from '../bus/bus.js';
import { priceBook } from '../core/chainvol.js';
import { type ExposureProfile, exposureProfileOf } from '../core/exposure.js';
import type { ChainSnapshot } from '../core/model.js';
import type { Ctx } from '../io/ctx.js';
import { appendGap, type Gap } from '../stores/archive/gaps.js';
import { openLiveWriter } from '../stores/archive/live.js';
import type { Store } from '../stores/sql/open.js';
import type { Tick } from '../stores/sql/ticks.js';
import { CATEGORIES } from '../wire/catalogue.js';
import { conventionDocument } from '../wire/compute-document.js';
import { exposureRows } from './exposure-rows.js';
import { liveBus } from './live-bus.js';
import { createPublisher } from './publish.js';
import { readPast } from './publish-past.js';

interface LiveOptions {
  /** Root of the archive. */
  readonly root: string;
  readonly ticker: string;
  /** `YYYY-MM-DD`, the session's. */
  readonly date: string;
  /** Where volatilities come from: solved from quotes, or as the chain states them. */
  readonly iv: 'solve' | 'chain';
  /** Annual, where the chain does not state one. */
  readonly rate?: number;
  /** Time between two instants whose exposures by strike go to the store. */
  readonly exposureIntervalMs: number;
  /** A future's view of its index's chain: added to its prices; the store then has ticks only. */
  readonly basis?: number;
}

export interface LivePorts {
  readonly store: Store;
  readonly runId: number;
  /** Other processes that are told of what the archive has; nothing waits for them. */
  readonly bus?: Bus;
}

/** What one snapshot came to. */
export interface Published {
  readonly profile: ExposureProfile;
  /** From the snapshot until readers of the archive can see its records. */
  readonly elapsedMs: number;
}

/** The tail of everything that makes chains as time goes by: records in the archive, ticks and exposures in the store. */
export interface LivePublisher {
  /** Epoch ms of the last record in the archive; NaN when there is none. */
  readonly lastMs: number;
  /**
   * Publishes a chain later than the last one. Resolves when the archive's readers can see its 15 records; the store follows.
   * GexError `storage`: nothing of it is in the archive, or the store refused what came before.
   */
  publish(chain: ChainSnapshot): Promise<Published>;
  /** Takes the chain of the archive's last record: the flows of the next one count from it. Nothing is written. */
  remember(chain: ChainSnapshot): void;
  gap(gap: Gap): Promise<void>;
  /** Makes everything durable. */
  close(): Promise<void>;
}

/** Between two moments at which what was written is made durable against a power cut. */
const SYNC_EVERY_MS = 5000;

const pastOf: typeof readPast = async (session, lastMs) => (Number.isNaN(lastMs) ? [] : readPast(session, lastMs));

/** Opens the record files of a session for one ticker, going on behind what they hold: they are the later records' past. GexError `storage`. */
export async function openLivePublisher(
  { root, ticker, date, iv, rate, exposureIntervalMs, basis }: LiveOptions,
  { store, runId, bus }: LivePorts,
  { clock }: Ctx,
): Promise<LivePublisher> {
  const keys = CATEGORIES.map((row) => ({ date, ticker, package: row.package, category: row.category }));
  const writer = await openLiveWriter(root, keys);
  const convention = { iv, ...(rate === undefined ? {} : { rate }) };
  const past = await pastOf({ root, date, ticker }, writer.lastMs).catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  const publisher = createPublisher(ticker, { ...convention, past, ...(basis === undefined ? {} : { basis }) });
  const others = bus && liveBus(bus, { date, ticker });
  let background: Promise<void> = Promise.resolve();
  let nextExposureMs = Number.NEGATIVE_INFINITY;
  let nextSyncMs = Number.NEGATIVE_INFINITY;

  const tickOf = ({ asOfMs, spot }: ChainSnapshot): Tick => ({
    ...{ ticker, atMs: asOfMs, seq: 0, price: spot + (basis ?? 0) },
    ...{ bid: Number.NaN, ask: Number.NaN, volume: Number.NaN },
  });

  const keep = async (chain: ChainSnapshot, profile: ExposureProfile): Promise<void> => {
    await store.ticks.insert([tickOf(chain)]);
    if (basis === undefined && chain.asOfMs >= nextExposureMs) {
      nextExposureMs = chain.asOfMs + exposureIntervalMs;
      const { exposures, levels } = exposureRows(ticker, profile);
      const conventionId = await store.conventions.idOf(conventionDocument(profile.convention, chain.model));
      await store.exposures.insert([{ ...exposures, conventionId }]);
      await store.levels.insert([{ ...levels, conventionId, runId }]);
    }
    if (clock.now() >= nextSyncMs) {
      nextSyncMs = clock.now() + SYNC_EVERY_MS;
      await writer.sync();
    }
  };

  return {
    get lastMs() {
      return writer.lastMs;
    },
    publish: async (chain) => {
      await background;
      const startedMs = performance.now();
      const book = priceBook(chain, convention);
      const lines = publisher.publishBook(book);
      await writer.append(lines);
      const elapsedMs = performance.now() - startedMs;
      others?.publish(tickOf(chain), lines);
      const profile = exposureProfileOf(book);
      background = keep(chain, profile);
      background.catch(() => undefined); // the next call throws it
      return { profile, elapsedMs };
    },
    remember: (chain) => publisher.remember(chain),
    gap: async (gap) => {
      await appendGap(root, date, ticker, gap);
      others?.gap(gap);
    },
    close: async () => {
      try {
        await background;
      } finally {
        await writer.close();
      }
    },
  };
}
