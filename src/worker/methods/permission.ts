import { Failure } from '../../shared/errors.ts';
import { holdsScope, type Principal } from '../domain/principal.ts';

/**
 * Lets a caller have what needs that scope. Who cannot come by the scope is told what it would be told if there were no such
 * thing, which is what `unknown` makes; who can is told what it takes. Throws either.
 */
export function permit(caller: Principal, scope: string | undefined, unknown: () => Error): void {
  if (scope === undefined || holdsScope(caller, scope)) return;
  if (caller.obtainable?.has(scope) !== true) throw unknown();
  throw new Failure('forbidden', `This needs the scope ${scope}`, { scopes: [scope] });
}
