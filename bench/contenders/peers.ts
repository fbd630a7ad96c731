import { join } from 'node:path';

import type { OpenChannel } from '../load/channel.ts';
import { freePort, type Server, startProcess, startServer } from '../process.ts';
import type { Case, Contender } from '../rows.ts';
import type { Servers } from '../servers.ts';
import { overHttp, overHttpModern, overSocket, overSocketModern } from './channels.ts';

const HERE = join(import.meta.dirname, '..');
const STDIO = join(HERE, 'servers/stdio.ts');

/** How one of our own files, or a program of others, is started with so many tools. */
type Start = (tools: number) => Promise<Server>;

const SDK_1 = ourFile('sdk-1.ts');
const SDK_2 = ourFile('sdk-2.ts');
const FASTMCP = program(() => [process.execPath, join(HERE, 'servers/fastmcp.ts')]);
const SUPERGATEWAY = program((port) => [
  ...packaged('supergateway/dist/index.js', `--outputTransport ws --port ${port} --logLevel none`),
  '--stdio',
  `${process.execPath} ${STDIO}`,
]);
const MCP_PROXY = program((port) => [
  ...packaged(
    'mcp-proxy/dist/bin/mcp-proxy.mjs',
    `--server stream --host 127.0.0.1 --port ${port}`,
  ),
  '--',
  process.execPath,
  STDIO,
]);

/** What others serve MCP with; of each process all that it starts is counted. */
export function peersOf(servers: Servers): readonly Contender[] {
  const peer = (
    name: string,
    start: Start,
    channels: (of: Case) => OpenChannel,
    ours: string,
  ): Contender => ({
    name,
    kind: 'peer',
    transport: ours.startsWith('holdfast ws') ? 'ws' : 'http',
    ours,
    reach: async (of) => ({
      server: await servers.get(`${name} ${of.tools}`, () => start(of.tools)),
      channels: channels(of),
    }),
  });
  return [
    peer('sdk 2.4 ws', SDK_2, overSocket('/mcp'), 'holdfast ws'),
    peer('sdk 2.4 ws modern', SDK_2, overSocketModern('/modern'), 'holdfast ws modern'),
    peer('sdk 2.4 http', SDK_2, overHttp('/mcp'), 'holdfast http'),
    peer('sdk 2.4 http modern', SDK_2, overHttpModern('/modern'), 'holdfast http modern'),
    peer('sdk 1.32 ws', SDK_1, overSocket('/mcp'), 'holdfast ws'),
    peer('sdk 1.32 http', SDK_1, overHttp('/mcp'), 'holdfast http'),
    peer('fastmcp 4 http', FASTMCP, overHttp('/mcp'), 'holdfast http'),
    peer('supergateway 4 ws', SUPERGATEWAY, overSocket('/message'), 'holdfast ws'),
    peer('mcp-proxy 6 http', MCP_PROXY, overHttp('/mcp'), 'holdfast http'),
  ];
}

/** A file of ours, which says where it listens. */
function ourFile(file: string): Start {
  return (tools) =>
    startServer([process.execPath, join(HERE, 'servers', file)], { BENCH_TOOLS: String(tools) });
}

/** A program of a package, and its options. */
function packaged(file: string, options: string): readonly string[] {
  return [process.execPath, join(HERE, 'node_modules', file), ...options.split(' ')];
}

/** A program that is told where to listen. */
function program(commandOf: (port: string) => readonly string[]): Start {
  return async (tools) => {
    const port = await freePort();
    return startProcess({
      command: commandOf(String(port)),
      env: { ...process.env, BENCH_TOOLS: String(tools), BENCH_PORT: String(port) },
      headers: {},
      port,
    });
  };
}
