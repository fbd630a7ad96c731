/** A client of one tenant, over whichever way. It keeps all that it ever receives. */
import { isRecord } from '../../src/worker/protocol/frame.ts';
import { type Ear, markersIn, type Tenant } from './crossings.ts';

export type Fields = Readonly<Record<string, unknown>>;

export interface Surroundings {
  readonly port: number;
  readonly tenant: Tenant;
  readonly key: string;
  /** Where all that listen are put. */
  readonly ears: Ear[];
  /** Says a change of it, so that only this client hears. */
  readonly place: string;
}

/** What a client is asked to do, and about what. */
export interface Wish {
  readonly method: string;
  readonly params: Fields;
  readonly marker: string;
}

export interface TenantClient extends AsyncDisposable {
  /** Resolves with a result, whose questions have been answered. Rejects with `Broken` if it has to be tried again. */
  ask(wish: Wish): Promise<Fields>;
}

/** A connection broke, or a worker had ended or was full: it is nobody's fault, and is tried again. */
export class Broken extends Error {
  override readonly name: string = 'Broken';
}

/** The connection is over: another has to take its place. */
export class Closed extends Broken {
  override readonly name: string = 'Closed';
}

export const ANSWER_MS_MAX = 20_000;
const RETRYABLE: ReadonlySet<unknown> = new Set([429, 503]);

export const LEGACY_HELLO: Fields = {
  protocolVersion: '2025-11-25',
  capabilities: { elicitation: {} },
  clientInfo: { name: 'tenant', version: '1' },
};

/** The params of a request, as its era has them. Progress is told by the request's own id. */
export function paramsOf(params: Fields, id: number, era: 'legacy' | 'modern'): Fields {
  const modern = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': { elicitation: {} },
    'io.modelcontextprotocol/logLevel': 'info',
  };
  return { ...params, _meta: { progressToken: id, ...(era === 'modern' ? modern : {}) } };
}

/** What a listener of the modern era wants to hear of. */
export function interestIn(place: string): Fields {
  return { notifications: { toolsListChanged: true, resourceSubscriptions: [place] } };
}

/** The result in an answer. Throws `Broken` if it is an error that passes. */
export function resultOf({ result, error }: Fields): Fields {
  if (isRecord(result)) return result;
  if (isRecord(error) && RETRYABLE.has(error.code)) throw new Broken(String(error.message));
  return { error };
}

/** What the user makes of a question: says the marker in it, whichever that is. */
export function replyTo(question: unknown): Fields {
  const [marker = ''] = markersIn(JSON.stringify(question));
  return { action: 'accept', content: { marker } };
}

/** What is asked again with, if a result of the modern era is questions; else nothing. */
export function findReplies({
  resultType,
  inputRequests,
  requestState,
}: Fields): Fields | undefined {
  if (resultType !== 'input_required' || !isRecord(inputRequests)) return undefined;
  const replies = Object.entries(inputRequests).map(([name, asked]) => [name, replyTo(asked)]);
  return { inputResponses: Object.fromEntries(replies), requestState };
}
