import { Failure } from '../../shared/errors.ts';
import { inTime } from '../../shared/in-time.ts';
import { assertJson } from '../../shared/json.ts';
import type { ResourceContents } from '../domain/content.ts';
import { contextDuring } from '../domain/context.ts';
import { holdsScope, type Principal } from '../domain/principal.ts';
import { dressListing } from '../protocol/dress.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import type { Call, Method } from '../protocol/methods.ts';
import { isModern } from '../protocol/revisions.ts';
import { isUri } from '../protocol/subscriptions.ts';
import type { FoundResource, RegisteredResource, ResourceRegistry } from '../resources/registry.ts';
import type { ResourceOutput } from '../resources/resource.ts';
import { type AskingOptions, asking } from './asking.ts';
import { conversationOf } from './conversation.ts';
import { pageOf } from './pages.ts';
import { permit } from './permission.ts';

export interface ResourcesOptions extends AskingOptions {
  readonly resources: ResourceRegistry;
}

const READ_MS_MAX = 30_000;

/** `resources/list` (server/resources): those with one URI, ordered by it. */
export function listResources({ resources, seal }: ResourcesOptions): Method<Principal> {
  return async (params, { caller, revision }) => {
    const { entries, nextCursor } = pageOf(resources, params, {
      method: 'resources/list',
      caller,
      seal,
      entriesOf: (list) => allowed(list.resources, caller),
      keyOf: ({ resource }) => resource.uri,
    });
    const listed = entries.map(({ resource }) => {
      const { uri, size } = resource;
      return {
        uri,
        ...dressListing(describe(resource), revision),
        ...(size === undefined ? {} : { size }),
      };
    });
    return { resources: listed, nextCursor };
  };
}

/** `resources/templates/list` (server/resources): families of them, ordered by template. */
export function listTemplates({ resources, seal }: ResourcesOptions): Method<Principal> {
  return async (params, { caller, revision }) => {
    const { entries, nextCursor } = pageOf(resources, params, {
      method: 'resources/templates/list',
      caller,
      seal,
      entriesOf: (list) => allowed(list.templates, caller),
      keyOf: ({ resource }) => resource.uri,
    });
    const resourceTemplates = entries.map(({ resource }) => ({
      uriTemplate: resource.uri,
      ...dressListing(describe(resource), revision),
    }));
    return { resourceTemplates, nextCursor };
  };
}

/** `resources/read` (server/resources). */
export function readResource({ resources, ...options }: ResourcesOptions): Method<Principal> {
  return async (params, call) => {
    const { uri } = params;
    if (typeof uri !== 'string') throw new Failure('invalid', 'uri must be a string');
    const found = resources.find(uri);
    if (found === undefined) throw notFound(uri, call);
    permit(call.caller, found.resource.scope, () => notFound(uri, call));
    const about = { params, call, method: 'resources/read', subject: uri, given: undefined };
    return asking(about, options, async (context) => {
      const output = await inTime('Reading', READ_MS_MAX, call.signal, async (deadline) =>
        found.resource.read(found.address, contextDuring(context, deadline, found.facilities)),
      );
      const contents = contentsOf(output, found);
      if (contents === undefined) throw notFound(uri, call);
      assertJson(contents);
      return { contents };
    });
  };
}

/** `resources/subscribe` and `resources/unsubscribe`, which the modern era has not. */
export function subscribing(
  change: 'subscribe' | 'unsubscribe',
  { resources }: ResourcesOptions,
): Method<Principal> {
  return async ({ uri }, call) => {
    // Any URI may be: updates are told of what a template names, too, and of what is yet to come.
    if (!isUri(uri)) throw new Failure('invalid', 'uri must be a URI');
    // Of what is hidden nothing is told, and nothing is said of that either: so it is with what is not there.
    if (isToldOf(uri, call.caller, resources)) await conversationOf(call)[change](uri);
    return {};
  };
}

/** Whether a caller may hear of what becomes of a resource: of one that is yet to come, everybody may. */
export function isToldOf(uri: string, caller: Principal, resources: ResourceRegistry): boolean {
  return holdsScope(caller, resources.find(uri)?.resource.scope);
}

function allowed(
  list: readonly RegisteredResource[],
  caller: Principal,
): readonly RegisteredResource[] {
  return list.filter(({ resource }) => holdsScope(caller, resource.scope));
}

function describe({
  name,
  title,
  icons,
  description,
  mimeType,
  annotations,
}: RegisteredResource['resource']) {
  return { name, title, icons, description, mimeType, annotations };
}

function contentsOf(
  output: ResourceOutput,
  { resource: { mimeType }, address: { uri } }: FoundResource,
): readonly ResourceContents[] | undefined {
  if (output === undefined) return undefined;
  const of = { uri, ...(mimeType === undefined ? {} : { mimeType }) };
  if (typeof output === 'string') return [{ ...of, text: output }];
  if (output instanceof Uint8Array) return [{ ...of, blob: output.toBase64() }];
  return output.contents;
}

/** Both eras have a code for it, and not the same one. */
function notFound(uri: string, { revision }: Call<Principal>): RpcError {
  const code = isModern(revision) ? RpcCode.InvalidParams : RpcCode.ResourceNotFound;
  return new RpcError(code, 'Resource not found', { uri });
}
