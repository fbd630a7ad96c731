import type { Principal } from '../domain/principal.ts';
import { createDispatch, type Dispatch, type Method } from '../protocol/methods.ts';
import { type CallToolOptions, callToolMethod } from './call-tool.ts';
import { explainTo } from './explain.ts';
import { initialize } from './initialize.ts';
import { listTools } from './list-tools.ts';

export interface MethodsOptions extends CallToolOptions {
  readonly version: string;
}

/** The methods we serve, by their names on the wire. */
export const METHODS = ['initialize', 'ping', 'tools/list', 'tools/call'] as const;

/** Serves every method we have. One that is not here is not found. */
export function createMethods({ version, ...serving }: MethodsOptions): Dispatch<Principal> {
  const { registry, log } = serving;
  const table: Readonly<Record<(typeof METHODS)[number], Method<Principal>>> = {
    initialize: initialize(version),
    ping: async () => ({}),
    'tools/list': listTools(registry),
    'tools/call': callToolMethod(serving),
  };
  return createDispatch(table, explainTo(log));
}
