import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles src/ before the tests when dist/ is older: the end-to-end tests start bin/gex.js. */
export function setup(): void {
  const stamp = statSync(join(root, 'dist', '.tsbuildinfo'), { throwIfNoEntry: false });
  const newest = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(root, 'src', name)).mtimeMs)
    .reduce((a, b) => Math.max(a, b), 0);
  if (!stamp || newest > stamp.mtimeMs)
    execFileSync(process.execPath, [join(root, 'scripts', 'build.js')], { stdio: 'inherit' });
}
