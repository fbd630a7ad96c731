import { Failure } from '../../shared/errors.ts';
import { definitionOf } from '../../shared/fingerprint.ts';
import { findFlawWithin } from '../authoring/text-flaw.ts';
import type { Facilities } from '../domain/facilities.ts';
import type { Resource, ResourceAddress } from './resource.ts';

/** A resource, where it was found, and what it works with. */
export interface ResourceEntry {
  readonly resource: Resource;
  /** The file that defines it. */
  readonly source: string;
  readonly facilities: Facilities;
}

/** A resource that can be read. */
export interface RegisteredResource extends ResourceEntry {
  /** A hash of all that agents are told of it. */
  readonly definition: string;
}

/** A resource that somebody asked for. */
export interface FoundResource extends RegisteredResource {
  readonly address: ResourceAddress;
}

/** Every resource of this worker, ordered by URI. */
export interface ResourceRegistry {
  /** Those with one URI. */
  readonly resources: readonly RegisteredResource[];
  /** Those with a template. */
  readonly templates: readonly RegisteredResource[];
  /** A hash of what is listed for whom: the same on every worker that lists the same. */
  readonly version: string;
  /** What a URI names: a resource with just that URI, else the first template that fits. */
  find(uri: string): FoundResource | undefined;
  /** By what is written down: a URI or a template. */
  get(written: string): RegisteredResource | undefined;
  /** The resources as they were, or will be, with that version. Nothing where they are known no more, or not yet. */
  findVersion(version: string): ResourceRegistry | undefined;
}

/** Throws a `Failure` that names the URI if two have the same. */
export function createResourceRegistry(entries: readonly ResourceEntry[]): ResourceRegistry {
  const byUri = new Map<string, RegisteredResource>();
  for (const entry of entries) {
    const { uri } = entry.resource;
    if (byUri.has(uri)) throw new Failure('invalid', `Two resources have the URI "${uri}"`);
    const told = toldOf(entry.resource);
    const flaw = findFlawWithin(told);
    if (flaw !== undefined) throw new Failure('invalid', `The resource "${uri}": ${flaw}`);
    byUri.set(uri, { ...entry, definition: definitionOf(told) });
  }
  const all = [...byUri.values()].toSorted((a, b) => (a.resource.uri < b.resource.uri ? -1 : 1));
  const templates = all.filter(({ resource }) => resource.template !== undefined);
  const version = definitionOf(all.map(({ definition, resource }) => [definition, resource.scope]));
  const registry: ResourceRegistry = {
    resources: all.filter(({ resource }) => resource.template === undefined),
    templates,
    find(uri) {
      const plain = byUri.get(uri);
      if (plain?.resource.template === undefined && plain !== undefined) {
        return { ...plain, address: { uri, variables: {} } };
      }
      for (const registered of templates) {
        const variables = registered.resource.template?.match(uri);
        if (variables !== undefined) return { ...registered, address: { uri, variables } };
      }
      return undefined;
    },
    get: (written) => byUri.get(written),
    version,
    findVersion: (asked) => (asked === version ? registry : undefined),
  };
  return registry;
}

function toldOf(resource: Resource): object {
  const { uri, name, title, description, mimeType, icons, annotations, size } = resource;
  return { uri, name, title, description, mimeType, icons, annotations, size };
}
