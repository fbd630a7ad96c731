import { styleText } from 'node:util';

export interface WelcomeOptions {
  readonly version: string;
  readonly host: string;
  readonly port: number;
  readonly workers: number;
  readonly tookMs: number;
}

/** What a person at a terminal wants to know once everything serves: where, and what to paste into a client. */
export function welcome({ version, host, port, workers, tookMs }: WelcomeOptions): string {
  // An address that means "all of them" is none to connect to.
  const reachable = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  const authority = `${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`;
  const client = {
    mcpServers: { holdfast: { type: 'ws', url: `ws://${authority}/mcp` } },
  };
  const heading = styleText('bold', `Holdfast ${version} serves`);
  const seconds = (tookMs / 1_000).toFixed(1);
  return [
    '',
    `  ${heading} with ${workers} ${workers === 1 ? 'worker' : 'workers'}, after ${seconds} s. Ctrl-C stops it.`,
    '',
    `  Agents   ${styleText('cyan', `ws://${authority}/mcp`)}, or over HTTP ${styleText('cyan', `http://${authority}/mcp`)}`,
    `  Health   ${styleText('cyan', `http://${authority}/readyz?verbose`)}`,
    '',
    '  For Claude Code, as .mcp.json in your project:',
    '',
    ...JSON.stringify(client, null, 2)
      .split('\n')
      .map((line) => `    ${line}`),
    '',
    '',
  ].join('\n');
}
