import { Failure } from '../../shared/errors.ts';
import { assertJson } from '../../shared/json.ts';
import { type Complete, contextDuring } from '../domain/context.ts';
import type { Facilities } from '../domain/facilities.ts';
import { inTime } from '../domain/in-time.ts';
import type { Principal } from '../domain/principal.ts';
import type { PromptRegistry, RegisteredPrompt } from '../prompts/registry.ts';
import { isRecord } from '../protocol/frame.ts';
import type { Method } from '../protocol/methods.ts';
import type { RegisteredResource, ResourceRegistry } from '../resources/registry.ts';
import { type ContextOptions, inContext } from './context.ts';
import { permit } from './permission.ts';
import { isTexts } from './texts.ts';

export interface CompleteOptions extends ContextOptions {
  readonly prompts: PromptRegistry;
  readonly resources: ResourceRegistry;
}

/** Values in one answer (server/utilities/completion). */
const VALUES_MAX = 100;
const COMPLETE_MS_MAX = 10_000;

/** `completion/complete` (server/utilities/completion): values for an argument of a prompt, or a variable of a resource's template. */
export function complete({ prompts, resources, ...options }: CompleteOptions): Method<Principal> {
  return async (params, call) => {
    const { ref, argument, context: known = {} } = params;
    if (
      !isRecord(argument) ||
      typeof argument.name !== 'string' ||
      typeof argument.value !== 'string'
    ) {
      throw new Failure('invalid', 'argument must be an object with a name and a value');
    }
    const others = isRecord(known) ? (known.arguments ?? {}) : undefined;
    if (!isTexts(others)) throw new Failure('invalid', 'context.arguments must hold strings');
    const found = find(ref, prompts, resources, call.caller);
    const offer = Object.hasOwn(found.complete, argument.name)
      ? found.complete[argument.name]
      : undefined;
    if (offer === undefined && !found.names.includes(argument.name)) {
      throw new Failure('invalid', 'There is no argument of this name');
    }
    const { value } = argument;
    const all =
      offer === undefined
        ? []
        : await inContext({ params, call, ask: askNothing }, options, (context) =>
            inTime('Completing', COMPLETE_MS_MAX, call.cancellation, async (deadline) =>
              offer(value, others, contextDuring(context, deadline, found.facilities)),
            ),
          );
    const values = all.slice(0, VALUES_MAX);
    assertJson(values);
    return { completion: { values, total: all.length, hasMore: all.length > values.length } };
  };
}

interface Found {
  readonly complete: Readonly<Record<string, Complete>>;
  readonly names: readonly string[];
  readonly facilities: Facilities;
}

function find(
  ref: unknown,
  prompts: PromptRegistry,
  resources: ResourceRegistry,
  caller: Principal,
): Found {
  if (isRecord(ref) && ref.type === 'ref/prompt' && typeof ref.name === 'string') {
    const found = prompts.find(ref.name);
    if (found === undefined) throw noPrompt();
    permit(caller, found.prompt.scope, noPrompt);
    return ofPrompt(found);
  }
  if (isRecord(ref) && ref.type === 'ref/resource' && typeof ref.uri === 'string') {
    const found = resources.get(ref.uri);
    if (found === undefined) throw noTemplate();
    permit(caller, found.resource.scope, noTemplate);
    return ofResource(found);
  }
  throw new Failure('invalid', 'ref must name a prompt or a resource template');
}

function noPrompt(): Failure {
  return new Failure('not-found', 'There is no prompt of this name');
}

function noTemplate(): Failure {
  return new Failure('not-found', 'There is no resource template of this URI');
}

function ofPrompt({ prompt, facilities }: RegisteredPrompt): Found {
  return { complete: prompt.complete, names: prompt.arguments.map(({ name }) => name), facilities };
}

function ofResource({ resource, facilities }: RegisteredResource): Found {
  const { complete: offers = {}, template } = resource;
  return { complete: offers, names: template?.variables ?? [], facilities };
}

/** Nobody is asked to complete a text. */
function askNothing(): Promise<never> {
  throw new Failure('conflict', 'Nothing can be asked to complete a text');
}
