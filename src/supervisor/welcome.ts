import { styleText } from 'node:util';

export interface WelcomeOptions {
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly tookMs: number;
  /** Whether a save of a tool is served at once. */
  readonly watch: boolean;
}

/** What a person at a terminal wants to know once everything serves: where, and what to paste into a client. */
export function welcome({ version, host, port, workers, tookMs, watch }: WelcomeOptions): string {
  // An address that means "all of them" is none to connect to.
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const authority = `${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
  const heading = styleText('bold', `Holdfast ${version} serves`);
  const seconds = (tookMs / 1_000).toFixed(1);
  return [
    '',
    `  ${heading} with ${workers} ${workers === 1 ? 'worker' : 'workers'}, after ${seconds} s. Ctrl-C stops it.`,
    '',
    `  Agents   ${styleText('cyan', `ws://${authority}/mcp`)}, or over HTTP ${styleText('cyan', `http://${authority}/mcp`)}`,
    `  Health   ${styleText('cyan', `http://${authority}/readyz?verbose`)}`,
    '',
    ...(watch ? ['  A save of a tool is served at once.', ''] : []),
    '  To paste into an agent’s configuration:',
    '',
    ...clientsOf(authority).map(([name, text]) => `    ${name.padEnd(35)}${text}`),
    '',
    '',
  ].join('\n');
}

/** What each agent reads, and where: they do not agree on it. */
function clientsOf(authority: string): readonly (readonly [string, string])[] {
  const socket = { type: 'ws', url: `ws://${authority}/mcp` };
  const url = `http://${authority}/mcp`;
  return [
    ['Claude Code   .mcp.json', JSON.stringify({ mcpServers: { holdfast: socket } })],
    ['Cursor        .cursor/mcp.json', JSON.stringify({ mcpServers: { holdfast: { url } } })],
    [
      'VS Code       .vscode/mcp.json',
      JSON.stringify({ servers: { holdfast: { type: 'http', url } } }),
    ],
    ['MCP Inspector', `npx @modelcontextprotocol/inspector --transport http --server-url ${url}`],
  ];
}
