import type { ServerResponse } from 'node:http';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';
import type { Replay } from './replay.js';
import { RequestMeter, registerRequestMeters } from './request-meter.js';

const METER = Symbol('meter');

type Metered = ServerResponse & { [METER]?: RequestMeter };

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
    this.gauge('process_resident_memory_bytes', 'Memory the process holds', () => process.memoryUsage.rss());
    this.gauge('process_cpu_seconds_total', 'Processor time spent', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    });
    this.#lag.enable();
    // Since the last look: a peak of an hour ago says nothing about now.
    this.gauge('gex_event_loop_lag_max_seconds', 'Longest lag of the event loop since the last scrape', () => {
      const max = this.#lag.max / 1e9;
      this.#lag.reset();
      return max;
    });
  }

  /** A gauge that is read when somebody looks. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name,
      help,
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

  /** Counts an answer that has ended, or was cut. */
  answered(response: Metered, seconds: number): void {
    (response[METER] ?? this.#noRoute).count(response.statusCode, seconds);
  }

  close(): void {
    this.#lag.disable();
  }
}

/** Gauges of the day being replayed. */
export function registerReplayMetrics(metrics: Metrics, replay: Replay): void {
  metrics.gauge('gex_loaded_files', 'Record files of the day', () => replay.session.library.files);
  metrics.gauge('gex_loaded_bytes', 'Bytes of the record files of the day, in memory or indexed on disk', () =>
    replay.session.library.streams.reduce((sum, { records }) => sum + records.bytes, 0),
  );
  metrics.gauge('gex_loaded_timestamp_seconds', 'When the day was loaded', () => replay.session.loadedAtMs / 1000);
  metrics.gauge('gex_playback_keys', 'API keys with a position', () => [...replay.session.playback.keys()].length);
  metrics.gauge('gex_playback_positions', 'Positions of all API keys', async () => {
    const { playback } = replay.session;
    const positions = await Promise.all([...playback.keys()].map((key) => playback.of(key)));
    return positions.reduce((sum, ofKey) => sum + ofKey.size, 0);
  });
}
