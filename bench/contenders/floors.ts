import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { CANNED, type OpenChannel } from '../load/channel.ts';
import { within } from '../load/deadline.ts';
import { httpChannels } from '../load/http.ts';
import { netChannels } from '../load/net.ts';
import { webSocketChannels } from '../load/web-socket.ts';
import { type Server, startServer } from '../process.ts';
import { legacyRequest } from '../requests.ts';
import { type Case, type Contender, FLOORS, nameOf, type Transport } from '../rows.ts';
import type { Servers } from '../servers.ts';
import { overHttpModern, overSocket } from './channels.ts';
import { startOurs } from './ours.ts';

const ANSWER_MS = 10_000;
const SERVERS = join(import.meta.dirname, '../servers');

/** What nothing that answers the same can be cheaper than: the answers of ours, sent back without a look at what was asked. */
export function floorsOf(servers: Servers): readonly Contender[] {
  const floor = (
    transport: Transport,
    file: string,
    genuine: (of: Case) => OpenChannel,
    channels: (of: Case, answer: string) => OpenChannel,
  ): Contender => ({
    name: FLOORS[transport],
    kind: 'floor',
    transport,
    reach: async (of) => {
      const answer = await answerOf(await startOurs(servers, { ...of, processes: 1 }), genuine(of));
      const server = await servers.get(
        `${FLOORS[transport]}, ${nameOf({ ...of, shape: NONE })}`,
        () => startCanned(file, answer, of),
      );
      return { server, channels: channels(of, answer) };
    },
  });
  return [
    floor('net', 'net-canned.ts', overSocket('/mcp'), ({ asked }, answer) =>
      netChannels({ request: legacyRequest(asked), answerBytes: Buffer.byteLength(answer) }),
    ),
    floor('ws', 'ws-echo.ts', overSocket('/mcp'), ({ asked }) =>
      webSocketChannels({ path: '/', greeting: [], request: legacyRequest(asked) }),
    ),
    floor('http', 'http-canned.ts', overHttpModern('/mcp'), ({ asked, shape }) =>
      httpChannels({
        path: '/mcp',
        headers: {},
        greeting: [],
        request: legacyRequest(asked),
        window: shape.window,
      }),
    ),
  ];
}

/** One server serves all shapes. */
const NONE = { connections: 0, window: 0 };

/** An answer as it comes, with the number that marks it as canned. */
async function answerOf(server: Server, open: OpenChannel): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // What goes wrong while it is opened is told by that.
  promise.catch(() => undefined);
  const channel = await open({
    port: server.port,
    headers: server.headers,
    heed: (payload) => {
      resolve(payload.toString());
    },
    onError: reject,
  });
  try {
    channel.send(CANNED);
    return await within(ANSWER_MS, promise, 'An answer to be canned');
  } finally {
    channel.close();
  }
}

async function startCanned(file: string, answer: string, of: Case): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  const answerFile = join(folder, 'answer.json');
  writeFileSync(answerFile, answer);
  try {
    return await startServer([process.execPath, join(SERVERS, file)], {
      BENCH_ANSWER_FILE: answerFile,
      BENCH_REQUEST_BYTES: String(Buffer.byteLength(legacyRequest(of.asked))),
      BENCH_PROCESSES: String(of.processes),
    });
  } finally {
    // All its processes have read it by now.
    rmSync(folder, { recursive: true, force: true });
  }
}
