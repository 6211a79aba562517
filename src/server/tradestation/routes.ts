import { BAR_STREAM } from './bar-stream.js';
import type { AnswerRoute, StreamRoute } from './call.js';
import { DEPTH_STREAMS } from './depth-streams.js';
import { QUOTE_STREAM } from './quote-stream.js';
import { refusal } from './refusal.js';
import { OPTION_ROUTES } from './rest-options.js';
import { QUOTE_ROUTES } from './rest-quotes.js';
import { SEARCH_ROUTES } from './rest-search.js';
import { SYMBOL_ROUTES } from './rest-symbols.js';
import { SPREAD_STREAMS } from './spread-streams.js';

/** Every path of the API host. */
const ROUTES: readonly (AnswerRoute | StreamRoute)[] = [
  ...QUOTE_ROUTES,
  ...SYMBOL_ROUTES,
  ...OPTION_ROUTES,
  ...SEARCH_ROUTES,
  QUOTE_STREAM,
  BAR_STREAM,
  ...SPREAD_STREAMS,
  ...DEPTH_STREAMS,
];

/** The route of a path with its decoded segments; 404 for unknown paths, 405 for the wrong method. */
export function findRoute(method: string, path: string): { route: AnswerRoute | StreamRoute; segments: string[] } {
  const fits = ROUTES.filter(({ pattern }) => pattern.test(path));
  if (fits.length === 0) throw refusal(404, `No resource at ${path}.`);
  const route = fits.find((row) => row.method === method);
  if (!route) throw refusal(405, `${method} is not allowed here.`);
  return { route, segments: (route.pattern.exec(path) ?? []).slice(1).map(decoded) };
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refusal(400, 'The path is not percent-encoded correctly.');
  }
}
