// `npx tsx bench/soak.ts [MINUTES]` (default 10): one `gex serve` with REST and socket clients that come and go, all on
// 127.0.0.1, and its memory once per interval. Ends with 1 when memory still grows in the second half or a client failed.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { peaks, residentMb } from './memory.js';

const minutes = Number(process.argv[2] ?? 10);
const SOCKETS = 60;
const READERS = 8;
/** A socket client stays this long, spread by its number. */
const STAY_MS = 2500;
const SAMPLES = 20;
const SUBPROTOCOLS = ['json', 'json.reliable', 'protobuf', 'protobuf.reliable'].map((p) => `${p}.webpubsub.azure.v1`);

const gex = fileURLToPath(new URL('../bin/gex.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'gex-soak-'));
const until = Date.now() + minutes * 60_000;
const counts = { sockets: 0, dropped: 0, messages: 0, requests: 0, faults: 0 };

execFileSync(process.execPath, [
  ...[gex, 'synth', '--data-dir', folder, '--date', '2026-08-19', '--seed', '1', '--interval', '5s'],
  ...['--end', '10:00', '--quiet'],
]);
const server = spawn(
  process.execPath,
  [gex, 'serve', '--data-dir', folder, '--port', '0', '--cache-mode', 'rotation', '--json'],
  { env: { ...process.env, WS_STREAM_INTERVAL: '200ms' }, stdio: ['ignore', 'pipe', 'inherit'] },
);
try {
  const base = await addressOf();
  console.log(`${base}: ${READERS} REST readers, ${SOCKETS} socket clients of four subprotocols, ${minutes} min`);
  const clients = [
    ...Array.from({ length: READERS }, (_, i) => readAgain(base, i)),
    ...Array.from({ length: SOCKETS }, (_, i) => comeAndGo(base, i)),
  ];
  const memory = await sampled();
  await Promise.all(clients);
  const resident = peaks(memory);
  console.log(JSON.stringify({ ...counts, residentMb: resident }));
  if (!resident.flat || counts.faults > 0 || counts.messages === 0) process.exitCode = 1;
} finally {
  server.kill('SIGTERM');
  rmSync(folder, { recursive: true });
}

async function addressOf(): Promise<string> {
  for await (const line of createInterface(server.stdout)) return (JSON.parse(line) as { url: string }).url;
  throw new Error('gex serve ended before it was ready');
}

async function sampled(): Promise<number[]> {
  const memory: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    await sleep((minutes * 60_000) / SAMPLES);
    memory.push(residentMb(server.pid));
    console.log(`${String(i + 1).padStart(2)}/${SAMPLES}  ${memory.at(-1)} MB  ${JSON.stringify(counts)}`);
  }
  return memory;
}

async function readAgain(base: string, reader: number): Promise<void> {
  const paths = ['classic/gex_full', 'state/gamma_zero', 'orderflow/orderflow', 'classic/zero/majors'];
  for (let turn = 0; Date.now() < until; turn++) {
    const headers = { authorization: `Bearer reader-${reader}-${turn % 50}` };
    const answer = await fetch(`${base}/v2/SPX/${paths[turn % paths.length]}`, { headers });
    await answer.arrayBuffer();
    counts.requests++;
    if (answer.status !== 200) counts.faults++;
    await sleep(10);
  }
}

/** Negotiates, joins, reads for a while and leaves, every third time without a word. */
async function comeAndGo(base: string, client: number): Promise<void> {
  for (let turn = 0; Date.now() < until; turn++) {
    const headers = { authorization: `Bearer socket-${client}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ groups: ['SPX_classic_gex_zero', 'SPX_spot'] });
    const answer = await fetch(`${base}/v2/negotiate`, { method: 'POST', headers, body });
    const { websocket_urls: urls } = (await answer.json()) as { websocket_urls: Record<string, string> };
    const socket = new WebSocket(urls.v2_classic ?? '', SUBPROTOCOLS[(client + turn) % SUBPROTOCOLS.length]);
    let received = 0;
    socket.on('message', () => received++);
    socket.on('error', () => counts.faults++);
    await sleep(STAY_MS + 37 * client);
    if (received < 2) counts.faults++;
    counts.messages += received;
    counts.sockets++;
    if (turn % 3 === 0) {
      counts.dropped++;
      socket.terminate();
    } else socket.close();
  }
}
