import type { Changes } from '../domain/change.ts';
import type { Principal } from '../domain/principal.ts';
import { type CachingHints, completeResult } from '../protocol/dress.ts';
import { createDispatch, type Dispatches, type Method } from '../protocol/methods.ts';
import { type AuditedOptions, audited } from './audited.ts';
import { type CallToolOptions, callToolMethod } from './call-tool.ts';
import { type CompleteOptions, complete } from './complete.ts';
import { explainTo } from './explain.ts';
import { discover, initialize } from './initialize.ts';
import { listTools } from './list-tools.ts';
import { listen } from './listen.ts';
import { getPrompt, listPrompts, type PromptsOptions } from './prompts.ts';
import {
  listResources,
  listTemplates,
  type ResourcesOptions,
  readResource,
  subscribing,
} from './resources.ts';
import { setLogLevel } from './set-log-level.ts';

export interface MethodsOptions
  extends CallToolOptions,
    ResourcesOptions,
    PromptsOptions,
    CompleteOptions {
  readonly version: string;
  readonly changes: Changes;
  readonly audited: AuditedOptions;
}

type Table = Readonly<Record<string, Method<Principal>>>;

/** What we offer is the same for everybody; what is on a list, or in a resource, may be for the caller alone. */
const OFFER: CachingHints = { ttlMs: 300_000, cacheScope: 'public' };
const LIST: CachingHints = { ttlMs: 60_000, cacheScope: 'private' };
const READ: CachingHints = { ttlMs: 0, cacheScope: 'private' };

/** Results that a copy may be kept of (2026-07-28, server/utilities/caching). */
const HINTS: Readonly<Record<string, CachingHints>> = {
  'server/discover': OFFER,
  'tools/list': LIST,
  'prompts/list': LIST,
  'resources/list': LIST,
  'resources/templates/list': LIST,
  'resources/read': READ,
};

/** The methods we serve, by their names on the wire. One that is not here is not found. */
export const METHODS = {
  legacy: [
    'initialize',
    'ping',
    'tools/list',
    'tools/call',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'resources/subscribe',
    'resources/unsubscribe',
    'prompts/list',
    'prompts/get',
    'completion/complete',
    'logging/setLevel',
  ],
  modern: [
    'server/discover',
    'tools/list',
    'tools/call',
    'resources/list',
    'resources/templates/list',
    'resources/read',
    'prompts/list',
    'prompts/get',
    'completion/complete',
    'subscriptions/listen',
  ],
} as const;

/** Their names, of both eras: each once. */
export const METHOD_NAMES: readonly string[] = [...new Set([...METHODS.legacy, ...METHODS.modern])];

/** Serves every method we have. */
export function createMethods(options: MethodsOptions): Dispatches<Principal> {
  const { tools, seal, version, changes, log } = options;
  const serverInfo = { name: 'holdfast', title: 'Holdfast', version };
  const table = {
    initialize: initialize(serverInfo),
    ping: async () => ({}),
    'server/discover': discover(),
    'tools/list': listTools(tools, seal),
    'tools/call': callToolMethod(options),
    'resources/list': listResources(options),
    'resources/templates/list': listTemplates(options),
    'resources/read': readResource(options),
    'resources/subscribe': subscribing('subscribe', options),
    'resources/unsubscribe': subscribing('unsubscribe', options),
    'prompts/list': listPrompts(options),
    'prompts/get': getPrompt(options),
    'completion/complete': complete(options),
    'logging/setLevel': setLogLevel(),
    'subscriptions/listen': listen(changes, options.resources),
  } satisfies Record<(typeof METHODS)['legacy' | 'modern'][number], Method<Principal>>;
  const explain = explainTo(log);
  return {
    legacy: createDispatch({
      table: pick(table, METHODS.legacy, options.audited),
      explain,
      complete: (_method, result) => result,
    }),
    modern: createDispatch({
      table: pick(table, METHODS.modern, options.audited),
      explain,
      complete: (method, result) => completeResult(result, serverInfo, HINTS[method]),
    }),
  };
}

function pick<Name extends string>(
  table: Readonly<Record<Name, Method<Principal>>>,
  names: readonly Name[],
  options: AuditedOptions,
): Table {
  return Object.fromEntries(names.map((name) => [name, audited(name, table[name], options)]));
}
