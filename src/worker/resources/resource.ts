import { noteMaker } from '../authoring/maker.ts';
import type { Annotations, Icon, ResourceContents } from '../domain/content.ts';
import type { Complete, Context } from '../domain/context.ts';
import { UriTemplate } from './uri-template.ts';

/** Which resource is read: its URI, and what stands in it where the template has names. */
export interface ResourceAddress {
  readonly uri: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** What a resource holds: a text, bytes, or whole contents. Nothing if there is no such resource. */
export type ResourceOutput =
  | string
  | Uint8Array
  | { readonly contents: readonly ResourceContents[] }
  | undefined;

/** How a resource, or a family of them, is written down. */
export interface ResourceDefinition {
  /** A URI, or a template of URIs (RFC 6570) with `{name}` for a piece of a path and `{+name}` for several. */
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  readonly icons?: readonly Icon[];
  readonly annotations?: Annotations;
  /** Bytes, where they are known. */
  readonly size?: number;
  /** The scope a caller must hold. Without one any caller may read it. */
  readonly scope?: string;
  /** Values for the variables of a template. */
  readonly complete?: Readonly<Record<string, Complete>>;
  readonly read: (address: ResourceAddress, context: Context) => Promise<ResourceOutput>;
}

/** A resource, made by `defineResource`. */
export interface Resource extends ResourceDefinition {
  /** Absent where the URI is one and no template. */
  readonly template: UriTemplate | undefined;
}

const RESOURCE = Symbol('resource');

/** Makes a resource, or a family of them, of its definition. Throws a `Failure` if its URI is none. */
export function defineResource(definition: ResourceDefinition): Resource {
  const template = UriTemplate.find(definition.uri);
  const resource: Resource & { readonly [RESOURCE]: true } = {
    ...definition,
    [RESOURCE]: true,
    template,
  };
  noteMaker(resource);
  return resource;
}

/** Whether a value was made by `defineResource`. */
export function isResource(value: unknown): value is Resource {
  return typeof value === 'object' && value !== null && RESOURCE in value;
}
