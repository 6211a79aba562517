import type { ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Aggregator, AggregatorRegistry, Gauge, Registry } from 'prom-client';
import type { Replay } from './replay.js';
import { RequestMeter, registerRequestMeters } from './request-meter.js';

const METER = Symbol('meter');

/** Null: counted elsewhere. */
type Metered = ServerResponse & { [METER]?: RequestMeter | null };

/** What one process has counted: plain objects of the metrics library. */
type Counts = readonly object[];

/** How often the event loop's lateness is looked at. */
const LAG_RESOLUTION_MS = 20;

/**
 * What the server counts. A part with figures of its own makes its counters and gauges on `registry`
 * (`new Gauge({ ..., registers: [metrics.registry], collect() {} })`); `GET /metrics` prints them all.
 */
export class Metrics {
  readonly registry = new Registry();
  readonly #meters: RequestMeter[] = [];
  /** Answers that no route gave: unknown paths, wrong methods, broken requests. */
  readonly #noRoute = this.meter('', 'none');
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });

  constructor() {
    registerRequestMeters(this.registry, this.#meters);
    this.gauge('process_resident_memory_bytes', 'Memory the process holds', SUM, () => process.memoryUsage.rss());
    this.gauge('process_cpu_seconds_total', 'Processor time spent', SUM, () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    });
    this.#lag.enable();
    // Since the last look: a peak of an hour ago says nothing about now.
    const lag = 'Longest lag of the event loop since the last scrape';
    this.gauge('gex_event_loop_lag_max_seconds', lag, { several: 'max' }, () => {
      const max = this.#lag.max / 1e9;
      this.#lag.reset();
      return max;
    });
  }

  /** A gauge that is read when somebody looks; `several` tells what it is of several processes. */
  gauge(name: string, help: string, { several }: Several, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
      aggregator: several,
      registers: [this.registry],
      async collect() {
        this.set(await read());
      },
    });
  }

  /** What a route's answers are counted on; the same one for both bases of the route. */
  meter(method: string, route: string): RequestMeter {
    const known = this.#meters.find((meter) => meter.method === method && meter.route === route);
    if (known !== undefined) return known;
    const meter = new RequestMeter(method, route);
    this.#meters.push(meter);
    return meter;
  }

  /** Says which route answers. */
  mark(response: Metered, meter: RequestMeter): void {
    response[METER] = meter;
  }

  /** Says that another process counts this answer. */
  leave(response: Metered): void {
    response[METER] = null;
  }

  /** Counts an answer that has ended, or was cut. */
  answered(response: Metered, seconds: number): void {
    const { [METER]: meter = this.#noRoute } = response;
    meter?.count(response.statusCode, seconds);
  }

  /** The figures of this process, to be put together with those of others. */
  counts(): Promise<Counts> {
    return this.registry.getMetricsAsJSON();
  }

  close(): void {
    this.#lag.disable();
  }
}

/** The figures of several processes as one text for Prometheus. */
export function textOf(processes: readonly Counts[]): Promise<string> {
  return AggregatorRegistry.aggregate([...processes]).metrics();
}

/** How the gauges of several processes become one. */
interface Several {
  readonly several: Aggregator;
}

const SUM: Several = { several: 'sum' };
/** All processes have loaded the same day. */
const SAME: Several = { several: 'first' };

/** Gauges of the day being replayed. */
export function registerReplayMetrics(metrics: Metrics, replay: Replay): void {
  metrics.gauge('gex_loaded_files', 'Record files of the day', SAME, () => replay.session.library.files);
  metrics.gauge('gex_loaded_bytes', 'Bytes of the record files of the day, in memory or indexed on disk', SAME, () =>
    replay.session.library.streams.reduce((sum, { records }) => sum + records.bytes, 0),
  );
  metrics.gauge(
    'gex_loaded_timestamp_seconds',
    'When the day was loaded',
    SAME,
    () => replay.session.loadedAtMs / 1000,
  );
  metrics.gauge('gex_playback_keys', 'API keys with a position', SUM, () => [...replay.session.playback.keys()].length);
  metrics.gauge('gex_playback_positions', 'Positions of all API keys', SUM, async () => {
    const { playback } = replay.session;
    const positions = await Promise.all([...playback.keys()].map((key) => playback.of(key)));
    return positions.reduce((sum, ofKey) => sum + ofKey.size, 0);
  });
}
