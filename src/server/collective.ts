import type { Question } from './peers.js';
import type { Call, RouteRow, ServerState } from './route.js';

/** One route as one process answers it. */
type Part<Q, B> = Pick<Call<unknown, Q, B>, 'query' | 'body' | 'state'>;

interface CollectiveRow<Q, B, A> extends Omit<RouteRow<unknown, Q, B>, 'handle' | 'part'> {
  /** What one process does and answers; its answer can be sent between processes. */
  part(part: Part<Q, B>): A | Promise<A>;
  /** The API key it is about: only the home of that key is asked. Undefined, or absent: all are. */
  keyOf?(part: Part<Q, B>): string | undefined;
  /** Makes one answer of those of all processes, of which there is at least one. */
  merge(answers: readonly A[], call: Call<unknown, Q, B>): unknown;
}

/** A route about the whole server, however many processes it has. */
export function collective<Q = unknown, B = unknown, A = unknown>(row: CollectiveRow<Q, B, A>): RouteRow {
  const { part, keyOf, merge, ...rest } = row;
  const name = nameOf(row);
  const handle = async (call: Call<unknown, Q, B>): Promise<unknown> => {
    const { query, body, state } = call;
    const answers =
      state.peers === undefined
        ? [await part(call)]
        : ((await state.peers.ask({ route: name, query, body }, keyOf?.(call))) as readonly A[]);
    return merge(answers, call);
  };
  return { ...rest, part, handle } as RouteRow;
}

/** The part of this process in a question to all. The question was checked where it came in. */
export async function answerPart(
  rows: readonly RouteRow[],
  { route, query, body }: Question,
  state: ServerState,
): Promise<unknown> {
  const part = rows.find((row) => nameOf(row) === route)?.part;
  if (part === undefined) throw new Error(`no route ${route} is answered by several processes`);
  return part({ query, body, state });
}

/** The only answer, where one process was asked. */
export function firstOf<A>([first]: readonly A[]): A {
  if (first === undefined) throw new Error('no process answered');
  return first;
}

function nameOf({ method, path }: Pick<RouteRow, 'method' | 'path'>): string {
  return `${method} ${path}`;
}
