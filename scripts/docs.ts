// Writes what the tables say into .env.example, configs/default.yaml and README.md (`npm run docs`).
import { mkdirSync, writeFileSync } from 'node:fs';
import { documents } from './documents.js';

const root = new URL('../', import.meta.url);

for (const [path, text] of documents()) {
  const file = new URL(path, root);
  mkdirSync(new URL('.', file), { recursive: true });
  writeFileSync(file, text);
  console.log(`wrote ${path}`);
}
