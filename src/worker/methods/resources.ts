import { Failure } from '../../shared/errors.ts';
import { assertJson } from '../../shared/json.ts';
import type { ResourceContents } from '../domain/content.ts';
import { contextDuring } from '../domain/context.ts';
import { inTime } from '../domain/in-time.ts';
import { holdsScope, type Principal } from '../domain/principal.ts';
import type { Seal } from '../domain/seal.ts';
import { dressListing } from '../protocol/dress.ts';
import { RpcCode, RpcError } from '../protocol/errors.ts';
import type { Call, Method } from '../protocol/methods.ts';
import { isModern, type Revision } from '../protocol/revisions.ts';
import { isUri } from '../protocol/subscriptions.ts';
import type { FoundResource, RegisteredResource, ResourceRegistry } from '../resources/registry.ts';
import type { ResourceOutput } from '../resources/resource.ts';
import { type AskingOptions, asking } from './asking.ts';
import { conversationOf } from './conversation.ts';
import { Pages } from './pages.ts';
import { permit } from './permission.ts';

export interface ResourcesOptions extends AskingOptions {
  readonly resources: ResourceRegistry;
}

const READ_MS_MAX = 30_000;

/** `resources/list` (server/resources): those with one URI, ordered by it. */
export function listResources({ resources, seal }: ResourcesOptions): Method<Principal> {
  const pages = pagesOf('resources/list', seal, (list) => list.resources, showResource);
  return async (params, call) => {
    const { entries, nextCursor } = pages.pageOf(resources, params, call);
    return { resources: entries, nextCursor };
  };
}

/** `resources/templates/list` (server/resources): families of them, ordered by template. */
export function listTemplates({ resources, seal }: ResourcesOptions): Method<Principal> {
  const pages = pagesOf('resources/templates/list', seal, (list) => list.templates, showTemplate);
  return async (params, call) => {
    const { entries, nextCursor } = pages.pageOf(resources, params, call);
    return { resourceTemplates: entries, nextCursor };
  };
}

function pagesOf(
  method: string,
  seal: Seal,
  entriesOf: (list: ResourceRegistry) => readonly RegisteredResource[],
  show: (entry: RegisteredResource, revision: Revision) => object,
): Pages<ResourceRegistry, RegisteredResource> {
  return new Pages({
    method,
    seal,
    entriesOf,
    keyOf: ({ resource }) => resource.uri,
    scopeOf: ({ resource }) => resource.scope,
    show,
  });
}

function showResource({ resource }: RegisteredResource, revision: Revision): object {
  const { uri, size } = resource;
  return {
    uri,
    ...dressListing(describe(resource), revision),
    ...(size === undefined ? {} : { size }),
  };
}

function showTemplate({ resource }: RegisteredResource, revision: Revision): object {
  return { uriTemplate: resource.uri, ...dressListing(describe(resource), revision) };
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
      const output = await inTime('Reading', READ_MS_MAX, call.cancellation, async (deadline) =>
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
