import type { Logger } from '../../shared/logger.ts';
import type { Principal } from '../domain/principal.ts';
import { createDispatch, type Dispatch } from '../protocol/methods.ts';
import type { ToolRegistry } from '../tools/registry.ts';
import { callToolMethod } from './call-tool.ts';
import { explainTo } from './explain.ts';
import { initialize } from './initialize.ts';
import { listTools } from './list-tools.ts';

export interface MethodsOptions {
  readonly version: string;
  readonly registry: ToolRegistry;
  readonly log: Logger;
}

/** Every method we serve. One that is not here is not found. */
export function createMethods({ version, registry, log }: MethodsOptions): Dispatch<Principal> {
  return createDispatch<Principal>(
    {
      initialize: initialize(version),
      ping: async () => ({}),
      'tools/list': listTools(registry),
      'tools/call': callToolMethod(registry, log),
    },
    explainTo(log),
  );
}
