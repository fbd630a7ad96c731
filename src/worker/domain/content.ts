/** What tools and prompts answer with, piece by piece (MCP 2025-11-25 and 2026-07-28, schema: `ContentBlock`). */
export type ContentBlock =
  | TextContent
  | ImageContent
  | AudioContent
  | ResourceLink
  | EmbeddedResource;

/** Who a piece is for, and how much it matters. */
export interface Annotations {
  readonly audience?: readonly ('user' | 'assistant')[];
  /** From 0, entirely optional, to 1, entirely required. */
  readonly priority?: number;
  /** ISO 8601. */
  readonly lastModified?: string;
}

interface Piece {
  readonly annotations?: Annotations;
  readonly _meta?: Readonly<Record<string, unknown>>;
}

/** A text. */
interface TextContent extends Piece {
  readonly type: 'text';
  readonly text: string;
}

/** A picture. */
interface ImageContent extends Piece {
  readonly type: 'image';
  /** Base64. */
  readonly data: string;
  readonly mimeType: string;
}

/** Sent since 2025-03-26; told of in a text before. */
interface AudioContent extends Piece {
  readonly type: 'audio';
  /** Base64. */
  readonly data: string;
  readonly mimeType: string;
}

/** A resource that can be read by its URI. Sent since 2025-06-18; told of in a text before. */
interface ResourceLink extends Piece {
  readonly type: 'resource_link';
  readonly uri: string;
  readonly name: string;
  readonly title?: string;
  readonly description?: string;
  readonly mimeType?: string;
  /** Bytes. */
  readonly size?: number;
}

/** A resource that comes along. */
interface EmbeddedResource extends Piece {
  readonly type: 'resource';
  readonly resource: ResourceContents;
}

/** What a resource holds: text, or bytes in base64 (schema: `TextResourceContents`, `BlobResourceContents`). */
export type ResourceContents = {
  readonly uri: string;
  readonly mimeType?: string;
  readonly _meta?: Readonly<Record<string, unknown>>;
} & ({ readonly text: string } | { readonly blob: string });

/** One turn of a prompt (schema: `PromptMessage`). */
export interface PromptMessage {
  readonly role: 'user' | 'assistant';
  readonly content: ContentBlock;
}

/** A picture for a tool, a resource, a prompt or the server itself (schema: `Icon`). Sent since 2025-11-25. */
export interface Icon {
  /** `https:` or `data:`. */
  readonly src: string;
  readonly mimeType?: string;
  /** `48x48`, or `any`. */
  readonly sizes?: readonly string[];
  readonly theme?: 'light' | 'dark';
}
