/** JSON-RPC as far as a bridge has to understand it. */
import { z } from 'zod';

const ID = z.union([z.string(), z.number()]);
const MESSAGE = z.object({
  id: ID.nullish(),
  method: z.string().optional(),
  params: z
    .looseObject({
      progressToken: ID.optional(),
      _meta: z.looseObject({ progressToken: ID.optional() }).optional(),
    })
    .optional(),
  error: z.looseObject({ code: z.number() }).optional(),
});
/** What every request of 2026-07-28 has to say of itself (basic, `_meta`). */
const ENVELOPE = [
  'io.modelcontextprotocol/protocolVersion',
  'io.modelcontextprotocol/clientCapabilities',
];
/** What HTTP says of errors since 2026-07-28 (basic/transports/streamable-http). On a socket there is nothing to say it with. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [-32601, 404],
  [-32020, 400],
  [-32021, 400],
  [-32022, 400],
]);

export type Id = z.output<typeof ID>;

/** A message, and the text that it came in and goes out again. */
export interface Message extends z.output<typeof MESSAGE> {
  readonly text: string;
}

export function parseMessage(text: string): Message {
  return { ...MESSAGE.parse(JSON.parse(text)), text };
}

export function isRequest({ id, method }: Message): boolean {
  return method !== undefined && id !== undefined;
}

/** The status of an answer to a request without a session. */
export function statusOf(answer: Message, request: Message): number {
  const code = answer.error?.code;
  if (code === undefined) return 200;
  if (code === -32602 && !hasEnvelope(request)) return 400;
  return STATUSES.get(code) ?? 200;
}

function hasEnvelope({ params }: Message): boolean {
  return ENVELOPE.every((key) => params?._meta?.[key] !== undefined);
}
