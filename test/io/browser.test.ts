import { expect, it } from 'vitest';
import { browserCommand } from '../../src/io/browser.js';

const URL = 'https://signin.example.org/authorize?a=1&b=2';

it.each([
  ['linux', { DISPLAY: ':0' }, ['xdg-open', URL]],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, ['xdg-open', URL]],
  ['linux', {}, undefined],
  ['darwin', {}, ['open', URL]],
  ['win32', {}, ['rundll32', 'url.dll,FileProtocolHandler', URL]],
] as const)('on %s with %j it is %j', (platform, environment, command) => {
  expect(browserCommand(URL, { platform, environment })).toEqual(command);
});
