import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';

/** Whether the archive holds a file at a path. A link that leads out of the archive is as good as absent. */
export async function holdsFile(root: string, path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && !(await leadsOut(root, path));
}

/** Whether a path, its links followed, ends outside of the archive; not when it ends nowhere. */
export async function leadsOut(root: string, path: string): Promise<boolean> {
  try {
    const [folder, target] = await Promise.all([realpath(root), realpath(path)]);
    return !target.startsWith(folder.endsWith(sep) ? folder : folder + sep);
  } catch {
    return false;
  }
}
