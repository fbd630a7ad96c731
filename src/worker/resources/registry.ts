import { Failure } from '../../shared/errors.ts';
import type { DatabaseSource } from '../domain/database.ts';
import type { Resource, ResourceAddress } from './resource.ts';

/** A resource, and the database of the folder it came from. */
export interface RegisteredResource {
  readonly resource: Resource;
  readonly db: DatabaseSource;
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
  /** What a URI names: a resource with just that URI, else the first template that fits. */
  find(uri: string): FoundResource | undefined;
  /** By what is written down: a URI or a template. */
  get(written: string): RegisteredResource | undefined;
}

/** Throws a `Failure` that names the URI if two have the same. */
export function createResourceRegistry(
  sources: readonly { readonly resources: readonly Resource[]; readonly db: DatabaseSource }[],
): ResourceRegistry {
  const byUri = new Map<string, RegisteredResource>();
  for (const { resources, db } of sources) {
    for (const resource of resources) {
      if (byUri.has(resource.uri)) {
        throw new Failure('invalid', `Two resources have the URI "${resource.uri}"`);
      }
      byUri.set(resource.uri, { resource, db });
    }
  }
  const all = [...byUri.values()].toSorted((a, b) => (a.resource.uri < b.resource.uri ? -1 : 1));
  const templates = all.filter(({ resource }) => resource.template !== undefined);
  return {
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
  };
}
