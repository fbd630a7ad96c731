import { Failure } from '../../shared/errors.ts';
import { assertJson } from '../../shared/json.ts';
import type { PromptMessage } from '../domain/content.ts';
import { contextDuring } from '../domain/context.ts';
import { inTime } from '../domain/in-time.ts';
import type { Principal } from '../domain/principal.ts';
import type { PromptOutput } from '../prompts/prompt.ts';
import type { PromptRegistry, RegisteredPrompt } from '../prompts/registry.ts';
import { dressListing, dressMessages } from '../protocol/dress.ts';
import type { Method } from '../protocol/methods.ts';
import type { Revision } from '../protocol/revisions.ts';
import { type AskingOptions, asking } from './asking.ts';
import { Pages } from './pages.ts';
import { permit } from './permission.ts';
import { isTexts } from './texts.ts';

export interface PromptsOptions extends AskingOptions {
  readonly prompts: PromptRegistry;
}

const GET_MS_MAX = 30_000;

/** `prompts/list` (server/prompts): the prompts this caller may use, ordered by name. */
export function listPrompts({ prompts, seal }: PromptsOptions): Method<Principal> {
  const pages = new Pages<PromptRegistry, RegisteredPrompt>({
    method: 'prompts/list',
    seal,
    entriesOf: (list) => list.prompts,
    keyOf: ({ prompt }) => prompt.name,
    scopeOf: ({ prompt }) => prompt.scope,
    show: showPrompt,
  });
  return async (params, call) => {
    const { entries, nextCursor } = pages.pageOf(prompts, params, call);
    return { prompts: entries, nextCursor };
  };
}

function showPrompt({ prompt }: RegisteredPrompt, revision: Revision): object {
  const { name, title, description, icons } = prompt;
  const shown = prompt.arguments.map((argument) => dressListing(argument, revision));
  return { ...dressListing({ name, title, icons, description }, revision), arguments: shown };
}

/** `prompts/get` (server/prompts). */
export function getPrompt({ prompts, ...options }: PromptsOptions): Method<Principal> {
  return async (params, call) => {
    const { name, arguments: given = {} } = params;
    if (typeof name !== 'string') throw new Failure('invalid', 'name must be a string');
    if (!isTexts(given)) throw new Failure('invalid', 'arguments must be an object of strings');
    const registered = prompts.find(name);
    if (registered === undefined) throw unknown();
    permit(call.caller, registered.prompt.scope, unknown);
    const about = { params, call, method: 'prompts/get', subject: name, given };
    return asking(about, options, async (context) => {
      const output = await inTime(name, GET_MS_MAX, call.cancellation, (deadline) => {
        const { prompt, facilities } = registered;
        return prompt.get(given, contextDuring(context, deadline, facilities));
      });
      assertJson(output);
      const { messages, ...said } = wholeOf(output);
      return { ...said, messages: dressMessages(messages, call.revision) };
    });
  };
}

function unknown(): Failure {
  return new Failure('not-found', 'There is no prompt of this name');
}

function wholeOf(output: PromptOutput): {
  readonly description?: string;
  readonly messages: readonly PromptMessage[];
} {
  if (typeof output === 'string') {
    return { messages: [{ role: 'user', content: { type: 'text', text: output } }] };
  }
  return 'messages' in output ? output : { messages: output };
}
