/** What an agent is offered in a test, and the methods that serve it. */
import type { Logger } from '../../../src/shared/logger.ts';
import type { Audit } from '../../../src/worker/domain/audit.ts';
import type { CallRates } from '../../../src/worker/domain/limits.ts';
import type { Principal } from '../../../src/worker/domain/principal.ts';
import type { Seal } from '../../../src/worker/domain/seal.ts';
import { createMethods } from '../../../src/worker/methods/methods.ts';
import type { Prompt } from '../../../src/worker/prompts/prompt.ts';
import { createPromptRegistry } from '../../../src/worker/prompts/registry.ts';
import type { Dispatches } from '../../../src/worker/protocol/methods.ts';
import { createResourceRegistry } from '../../../src/worker/resources/registry.ts';
import type { Resource } from '../../../src/worker/resources/resource.ts';
import { createToolRegistry, type ToolRegistry } from '../../../src/worker/tools/registry.ts';
import type { Tool } from '../../../src/worker/tools/tool.ts';
import { LocalChanges, noAudit, openSeal } from '../doubles.ts';
import { noDatabase, runCall } from '../tools/tool-context.ts';

export interface Offered {
  readonly tools?: readonly Tool[];
  readonly resources?: readonly Resource[];
  readonly prompts?: readonly Prompt[];
  readonly audit?: Audit;
  readonly callRates?: CallRates;
  /** A double, if none is given. */
  readonly seal?: Seal;
}

export interface Offer {
  readonly dispatches: Dispatches<Principal>;
  readonly tools: ToolRegistry;
  readonly changes: LocalChanges;
}

/** As many as they like. */
const noRates: CallRates = { take: () => 0 };

/** Makes the methods, with doubles for what workers share. */
export function offer(
  { tools = [], resources = [], prompts = [], ...doubles }: Offered,
  log: Logger,
): Offer {
  const { audit = noAudit, callRates = noRates, seal = openSeal } = doubles;
  const source = { tools, resources, prompts, db: noDatabase };
  const changes = new LocalChanges();
  const registry = createToolRegistry([source]);
  const dispatches = createMethods({
    version: '1.2.3',
    tools: registry,
    resources: createResourceRegistry([source]),
    prompts: createPromptRegistry([source]),
    log,
    runCall,
    callRates,
    seal,
    changes,
    announce: (change) => changes.announce(change),
    audited: { audit, hashArguments: JSON.stringify, now: () => 0 },
  });
  return { dispatches, tools: registry, changes };
}
