import type { ContentBlock, Icon, PromptMessage } from '../domain/content.ts';
import type { ToolResult } from '../domain/tool-result.ts';
import { type Implementation, MetaKey } from './era.ts';
import { isRecord } from './frame.ts';
import { type Revision, TRAITS } from './revisions.ts';

type Json = Readonly<Record<string, unknown>>;

/** How long a copy of a result may be used, and by whom (2026-07-28, server/utilities/caching). */
export interface CachingHints {
  readonly ttlMs: number;
  readonly cacheScope: 'public' | 'private';
}

/** What there is to say of a thing in a list, whatever it is. */
export interface Listing {
  readonly name: string;
  readonly title?: string | undefined;
  readonly description?: string | undefined;
  readonly icons?: readonly Icon[] | undefined;
}

/** A tool as lists show it (schema: `Tool`). */
export interface ToolListing extends Listing {
  readonly description: string;
  readonly inputSchema: Json;
  readonly outputSchema?: Json | undefined;
  readonly annotations?: object | undefined;
}

/** A result of the modern era: whole, and from whom (2026-07-28, basic). One that says of itself what it is keeps that. */
export function completeResult(
  result: object,
  serverInfo: Implementation,
  hints: CachingHints | undefined,
): object {
  const { _meta: meta }: { readonly _meta?: unknown } = result;
  const isComplete = !('resultType' in result);
  return {
    resultType: 'complete',
    // What stands for a question must not be kept.
    ...(isComplete ? hints : {}),
    ...result,
    _meta: { [MetaKey.serverInfo]: serverInfo, ...(isRecord(meta) ? meta : {}) },
  };
}

/** A listing without what its revision has no word for. */
export function dressListing(listed: Listing, revision: Revision): object {
  const { title, icons, ...rest } = listed;
  const traits = TRAITS[revision];
  return {
    ...rest,
    ...(traits.titles && title !== undefined ? { title } : {}),
    ...(traits.icons && icons !== undefined ? { icons } : {}),
  };
}

/** A tool without what its revision has no word for. */
export function dressTool(listed: ToolListing, revision: Revision): object {
  const { outputSchema, annotations, ...rest } = listed;
  const traits = TRAITS[revision];
  const schema = dressOutputSchema(outputSchema, revision);
  return {
    ...dressListing(rest, revision),
    ...(schema === undefined ? {} : { outputSchema: schema }),
    ...(traits.toolAnnotations && annotations !== undefined ? { annotations } : {}),
  };
}

/** What a call came to, as a revision has it. `outputSchema` is what the tool says of its output. */
export function dressToolResult(
  result: ToolResult,
  outputSchema: Json | undefined,
  revision: Revision,
): object {
  // Most of what tools answer is said in the same words in all revisions.
  if (result.structuredContent === undefined && result.content.every(isText)) return result;
  const { content, structuredContent, ...rest } = result;
  const dressed = { ...rest, content: dressContent(content, revision) };
  if (structuredContent === undefined) return dressed;
  switch (TRAITS[revision].structuredContent) {
    case 'any':
      return { ...dressed, structuredContent };
    case 'object':
      if (isWrapped(outputSchema)) {
        return { ...dressed, structuredContent: { result: structuredContent } };
      }
      return isRecord(structuredContent) ? { ...dressed, structuredContent } : dressed;
    case 'none':
      return dressed;
  }
}

function isText({ type }: ContentBlock): boolean {
  return type === 'text';
}

/** Pieces as a revision has them. One it has no word for is told of in a text. */
function dressContent(
  content: readonly ContentBlock[],
  revision: Revision,
): readonly ContentBlock[] {
  return content.map((piece) => dressPiece(piece, revision));
}

/** The turns of a prompt, as a revision has them. */
export function dressMessages(
  messages: readonly PromptMessage[],
  revision: Revision,
): readonly PromptMessage[] {
  return messages.map(({ role, content }) => ({ role, content: dressPiece(content, revision) }));
}

function dressPiece(piece: ContentBlock, revision: Revision): ContentBlock {
  const { audio, resourceLinks } = TRAITS[revision];
  if (piece.type === 'audio' && !audio) {
    return { type: 'text', text: `[A sound of type ${piece.mimeType}]` };
  }
  if (piece.type === 'resource_link' && !resourceLinks) {
    return { type: 'text', text: `[The resource ${piece.name}: ${piece.uri}]` };
  }
  return piece;
}

/** Before 2026-07-28 structured content is an object, and what is none is put into one. */
function dressOutputSchema(schema: Json | undefined, revision: Revision): Json | undefined {
  switch (TRAITS[revision].structuredContent) {
    case 'any':
      return schema;
    case 'object':
      if (schema === undefined || !isWrapped(schema)) return schema;
      return wrap(schema);
    case 'none':
      return undefined;
  }
}

/** References within the schema begin at its root, and so do the definitions that they name. */
function wrap({ $defs, ...schema }: Json): Json {
  return {
    type: 'object',
    ...($defs === undefined ? {} : { $defs }),
    properties: { result: schema },
    required: ['result'],
  };
}

function isWrapped(schema: Json | undefined): boolean {
  return schema !== undefined && schema.type !== 'object';
}
