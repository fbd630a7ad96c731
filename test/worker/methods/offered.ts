/** What an agent is offered in a test, and the methods that serve it. */
import type { Logger } from '../../../src/shared/logger.ts';
import type { Audit } from '../../../src/worker/domain/audit.ts';
import type { Facilities } from '../../../src/worker/domain/facilities.ts';
import type { CallRates } from '../../../src/worker/domain/limits.ts';
import type { Principal } from '../../../src/worker/domain/principal.ts';
import type { Seal } from '../../../src/worker/domain/seal.ts';
import { createMethods } from '../../../src/worker/methods/methods.ts';
import type { Prompt } from '../../../src/worker/prompts/prompt.ts';
import type { Dispatches } from '../../../src/worker/protocol/methods.ts';
import type { Resource } from '../../../src/worker/resources/resource.ts';
import type { ToolRegistry } from '../../../src/worker/tools/registry.ts';
import type { Tool } from '../../../src/worker/tools/tool.ts';
import { catalogueOf } from '../catalogue-of.ts';
import { LocalChanges, noAudit, openSeal } from '../doubles.ts';
import { callTool, runCall } from '../tools/tool-context.ts';

export interface Offered {
  readonly tools?: readonly Tool[];
  /** What the tools work with. Nothing, if it is not given. */
  readonly facilities?: Facilities;
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
  const { audit = noAudit, callRates = noRates, seal = openSeal, facilities } = doubles;
  const changes = new LocalChanges();
  const { gatherTools, ...others } = catalogueOf({ tools, resources, prompts, facilities });
  const registry = gatherTools();
  const dispatches = createMethods({
    version: '1.2.3',
    tools: registry,
    resources: others.resources,
    prompts: others.prompts,
    log,
    callTool,
    runCall,
    callRates,
    seal,
    changes,
    announce: (change) => changes.announce(change),
    audited: { audit, hashArguments: JSON.stringify, now: () => 0 },
  });
  return { dispatches, tools: registry, changes };
}
