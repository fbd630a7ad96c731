import {
  type Guard,
  isBoolean,
  isListOf,
  isNumber,
  isOneOf,
  isOptional,
  isShaped,
  isString,
} from '../../../shared/shape.ts';
import type { ContentBlock } from '../../domain/content.ts';
import type { ToolResult } from '../../domain/tool-result.ts';
import { isRecord, type Params } from '../../protocol/frame.ts';

/** Keys of `_meta` that the protocol keeps for itself (2025-11-25, basic, `_meta`): what they say is between us and the server. */
const RESERVED = /^(?:[\w-]+\.)*(?:modelcontextprotocol|mcp)(?:\.[\w-]+)*\//;

const PIECE = {
  annotations: isOptional(
    isShaped({
      audience: isOptional(isListOf(isOneOf(['user', 'assistant']))),
      priority: isOptional(isNumber),
      lastModified: isOptional(isString),
    }),
  ),
  _meta: isOptional(isRecord),
} as const;
const isHeld = isShaped({
  uri: isString,
  mimeType: isOptional(isString),
  _meta: isOptional(isRecord),
  text: isOptional(isString),
  blob: isOptional(isString),
});

/** What each kind of piece has to have. */
const PIECES: Readonly<Record<string, Guard<object>>> = {
  text: isShaped({ ...PIECE, text: isString }),
  image: isShaped({ ...PIECE, data: isString, mimeType: isString }),
  audio: isShaped({ ...PIECE, data: isString, mimeType: isString }),
  resource_link: isShaped({
    ...PIECE,
    uri: isString,
    name: isString,
    title: isOptional(isString),
    description: isOptional(isString),
    mimeType: isOptional(isString),
    size: isOptional(isNumber),
  }),
  resource: isShaped({ ...PIECE, resource: isResource }),
};

/** Reads the result of a call, which is data from outside. Nothing, if it is none, or of a kind that nobody knows. */
export function parseToolResult(result: object): ToolResult | undefined {
  const { content = [], structuredContent, isError, _meta: meta }: Params = { ...result };
  if (!Array.isArray(content) || !content.every(isContentBlock)) return undefined;
  if (isError !== undefined && !isBoolean(isError)) return undefined;
  return {
    content,
    ...(structuredContent === undefined ? {} : { structuredContent }),
    ...(isError === undefined ? {} : { isError }),
    ...(isRecord(meta) ? withoutReserved(meta) : {}),
  };
}

/** Whether the server wants to know something before it goes on (2026-07-28, patterns/mrtr). */
export function asksBack(result: object): boolean {
  return 'resultType' in result && result.resultType === 'input_required';
}

function withoutReserved(meta: Params): Pick<ToolResult, '_meta'> {
  const kept = Object.entries(meta).filter(([name]) => !RESERVED.test(name));
  return kept.length === 0 ? {} : { _meta: Object.fromEntries(kept) };
}

function isContentBlock(value: unknown): value is ContentBlock {
  if (!isRecord(value) || !isString(value.type) || !Object.hasOwn(PIECES, value.type)) return false;
  return PIECES[value.type]?.(value) === true;
}

function isResource(value: unknown): value is object {
  return isHeld(value) && (value.text === undefined) !== (value.blob === undefined);
}
