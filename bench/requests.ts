import { PLACEHOLDER } from './load/channel.ts';

const CLIENT = { name: 'bench', version: '1' };
/** The revision that sessions are opened with. */
export const LEGACY = '2025-11-25';
const MODERN = '2026-07-28';
const ARGUMENTS = { a: 2, b: 3 };

/** What is asked for. */
export type Asked = 'call' | 'list';

/** A message with the placeholder as its id. */
function numbered(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 0, method, params }).replace(
    '"id":0',
    `"id":${PLACEHOLDER}`,
  );
}

const PARAMS = {
  call: ['tools/call', { name: 'add', arguments: ARGUMENTS }],
  list: ['tools/list', {}],
} as const;

/** What a session of the legacy era begins with. */
export const GREETING: readonly string[] = [
  JSON.stringify({
    jsonrpc: '2.0',
    id: 1,
    method: 'initialize',
    params: { protocolVersion: LEGACY, capabilities: {}, clientInfo: CLIENT },
  }),
  JSON.stringify({ jsonrpc: '2.0', method: 'notifications/initialized' }),
];

/** A request within a session. */
export function legacyRequest(asked: Asked): string {
  const [method, params] = PARAMS[asked];
  return numbered(method, params);
}

/** A call of any tool, within a session. */
export function callOf(name: string, given: object): string {
  return numbered('tools/call', { name, arguments: given });
}

/** A request that says all by itself, and the headers it comes with. */
export function modernRequest(asked: Asked): {
  readonly request: string;
  readonly headers: Readonly<Record<string, string>>;
} {
  const [method, params] = PARAMS[asked];
  const meta = {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientInfo': CLIENT,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  return {
    request: numbered(method, { ...params, _meta: meta }),
    headers: {
      'MCP-Protocol-Version': MODERN,
      'Mcp-Method': method,
      ...(asked === 'call' ? { 'Mcp-Name': 'add' } : {}),
    },
  };
}

/** Throws if an answer is not the one to that request. */
export function checkAnswer(asked: Asked): (answer: string, number: number) => void {
  return (answer, number) => {
    const { id, result } = JSON.parse(answer) as {
      readonly id?: number;
      readonly result?: { content?: { text?: string }[]; tools?: unknown[] };
    };
    const isRight =
      asked === 'call' ? result?.content?.[0]?.text === '5' : (result?.tools?.length ?? 0) > 0;
    if (id !== number || !isRight) throw new Error(`Not the answer to ${number}: ${answer}`);
  };
}
