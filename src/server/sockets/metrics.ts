import { Counter, Gauge } from 'prom-client';
import type { Metrics } from '../metrics.js';
import type { Sockets } from './sockets.js';

const WORST = { several: 'max' } as const;

/** The figures of the WebSocket side for `/metrics`. */
export function registerSocketMetrics(metrics: Metrics, sockets: Sockets): void {
  new Gauge({
    name: 'gex_websocket_clients',
    help: 'Connected WebSocket clients by hub',
    labelNames: ['hub'],
    registers: [metrics.registry],
    collect() {
      this.reset();
      for (const [hub, count] of sockets.clients()) this.set({ hub }, count);
    },
  });
  const { figures } = sockets;
  const count = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers: [metrics.registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  count('gex_websocket_messages_total', 'Group messages sent to clients', () => figures.messages);
  count('gex_websocket_encodes_total', 'Records encoded; clients share them', () => figures.encodes);
  count('gex_websocket_ticks_total', 'Ticks of the streaming loop', () => figures.ticks);
  count('gex_websocket_dropped_total', 'Connections ended because the client did not keep up', () => figures.dropped);
  count('gex_websocket_lateness_seconds_total', 'Delay of all ticks', () => figures.latenessMs.sum / 1000);
  metrics.gauge(
    'gex_websocket_lateness_last_seconds',
    'Delay of the last tick',
    WORST,
    () => figures.latenessMs.last / 1000,
  );
  metrics.gauge(
    'gex_websocket_lateness_max_seconds',
    'Largest delay of a tick',
    WORST,
    () => figures.latenessMs.max / 1000,
  );
}
