// The process of a worker: `startWorkers` forks it.
import { rmSync } from 'node:fs';
import { Worker } from './worker.js';

const worker = new Worker();

// Ctrl-C and service managers signal the whole group; the first process tells each worker when to stop.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {});

// The first process is gone, however it ended: nobody would ever stop this one.
process.on('disconnect', () => {
  if (worker.folder !== undefined) rmSync(worker.folder, { recursive: true, force: true });
  process.exit();
});

process.on('uncaughtException', (error) => {
  worker.log('error', 'a worker failed', { error: error.stack });
  setImmediate(() => process.exit(1));
});
