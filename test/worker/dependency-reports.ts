import type { DependencyReport } from '../../src/shared/ipc.ts';

const NOTHING_ELSE = {
  class: undefined,
  code: undefined,
  message: undefined,
  latencyMs: undefined,
  attempt: undefined,
  nextInMs: undefined,
} as const;

/** A dependency that answers. */
export function there(name: string): DependencyReport {
  return { ...NOTHING_ELSE, name, required: true, status: 'up', address: 'h:1', latencyMs: 1 };
}

/** A dependency that does not. */
export function away(name: string, code?: string, message?: string): DependencyReport {
  return {
    ...NOTHING_ELSE,
    name,
    required: true,
    status: 'down',
    address: 'h:1',
    class: 'dep_unreachable',
    code,
    message,
  };
}
