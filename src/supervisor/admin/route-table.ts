import type { Route } from './routes.ts';

/** What a path and a method lead to. */
export type Match =
  | { readonly kind: 'route'; readonly route: Route; readonly parameter: string }
  /** The path is known, and another method asks for it. */
  | { readonly kind: 'wrong-method'; readonly allowed: string }
  | { readonly kind: 'nothing' };

/** Finds the route for a request. What can be got can be asked about, too (HEAD). */
export function match(routes: readonly Route[], method: string, path: string): Match {
  const onPath = routes.flatMap((route) => {
    const parameter = findParameter(route.path, path);
    return parameter === undefined ? [] : [{ kind: 'route', route, parameter } as const];
  });
  if (onPath.length === 0) return { kind: 'nothing' };
  const wanted = method === 'HEAD' ? 'GET' : method;
  const found = onPath.find(({ route }) => route.method === wanted);
  if (found !== undefined) return found;
  const allowed = onPath.flatMap(({ route }) =>
    route.method === 'GET' ? ['GET', 'HEAD'] : [route.method],
  );
  return { kind: 'wrong-method', allowed: allowed.join(', ') };
}

/** What stands for `{…}`: nothing if the path is another, and an empty text if there is none in it. */
function findParameter(pattern: string, path: string): string | undefined {
  if (pattern === path) return '';
  const [before = '', after] = pattern.split(/\{\w+\}/);
  if (after === undefined || !path.startsWith(before) || !path.endsWith(after)) return undefined;
  const parameter = path.slice(before.length, path.length - after.length);
  return parameter === '' || parameter.includes('/') ? undefined : parameter;
}
