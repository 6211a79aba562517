import { spawn } from 'node:child_process';

interface Desktop {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** The program that opens an address in the user's browser; undefined where there is no desktop to show it on. */
export function browserCommand(url: string, { platform, environment }: Desktop): readonly string[] | undefined {
  if (platform === 'darwin') return ['open', url];
  // Not `start`: the shell it belongs to would take the & of a query for its own.
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', url];
  return environment.DISPLAY || environment.WAYLAND_DISPLAY ? ['xdg-open', url] : undefined;
}

/** Opens an address in the user's browser; resolves to whether something was started for it. */
export async function openBrowser(url: string, desktop: Desktop): Promise<boolean> {
  const [command, ...args] = browserCommand(url, desktop) ?? [];
  if (command === undefined) return false;
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
