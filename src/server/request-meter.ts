import { Counter, type Metric, type Registry } from 'prom-client';

/** Upper bounds in seconds: a replayed record takes a fraction of a millisecond, a day file minutes. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30] as const;

/** Answers of one route. Counting costs no allocation: it happens once per answer. */
export class RequestMeter {
  readonly method: string;
  readonly route: string;
  /** Answers by status. */
  readonly statuses = new Map<number, number>();
  /** Answers by latency: one slot per bound and one for slower ones. */
  readonly buckets = new Float64Array(BOUNDS.length + 1);
  seconds = 0;

  constructor(method: string, route: string) {
    this.method = method;
    this.route = route;
  }

  count(status: number, seconds: number): void {
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    let slot = 0;
    while (slot < BOUNDS.length && seconds > (BOUNDS[slot] as number)) slot++;
    this.buckets[slot] = (this.buckets[slot] as number) + 1;
    this.seconds += seconds;
  }
}

/** Puts the meters into the registry: `gex_http_requests_total` and `gex_http_request_seconds`. */
export function registerRequestMeters(registry: Registry, meters: readonly RequestMeter[]): void {
  new Counter({
    name: 'gex_http_requests_total',
    help: 'HTTP requests answered, by route and status',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
    collect() {
      this.reset();
      for (const { method, route, statuses } of meters) {
        for (const [status, count] of statuses) this.inc({ method, route, status }, count);
      }
    },
  });
  const histogram = {
    name: 'gex_http_request_seconds',
    help: 'Time from the head of a request to the end of its answer, by route',
    type: 'histogram',
    aggregator: 'sum',
  };
  const get = async () => ({ ...histogram, values: meters.flatMap(histogramValues) });
  // The library's own histogram costs more per answer than all the rest of this file, and cannot be filled afterwards.
  registry.registerMetric({ ...histogram, get } as unknown as Metric);
}

function histogramValues({ method, route, buckets, seconds }: RequestMeter) {
  const labels = { method, route };
  const metricName = 'gex_http_request_seconds';
  let below = 0;
  const cumulated = [...BOUNDS, '+Inf'].map((le, slot) => {
    below += buckets[slot] as number;
    return { metricName: `${metricName}_bucket`, labels: { ...labels, le }, value: below };
  });
  if (below === 0) return [];
  const total = { metricName: `${metricName}_count`, labels, value: below };
  return [...cumulated, { metricName: `${metricName}_sum`, labels, value: seconds }, total];
}
