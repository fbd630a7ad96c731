import { getCallSites } from 'node:util';

/** The frames that lead here: this function's own, the one of what makes definitions, and its caller's. */
const FRAMES = 3;

const makers = new WeakMap<object, string>();

/** Remembers which module a definition is made by: the one that called who calls this. */
export function noteMaker(definition: object): void {
  const caller = getCallSites(FRAMES)[FRAMES - 1];
  if (caller !== undefined) makers.set(definition, caller.scriptName);
}

/** The address of the module that made a definition. */
export function makerOf(definition: object): string | undefined {
  return makers.get(definition);
}
