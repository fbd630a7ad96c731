import type { OpenChannel } from './load/channel.ts';
import type { Shape } from './load/drive.ts';
import type { Server } from './process.ts';
import { type Asked, checkAnswer } from './requests.ts';

/** What servers are compared by: all rows of one comparison take turns. */
export interface Case {
  readonly asked: Asked;
  readonly tools: number;
  readonly shape: Shape;
  /** Requests a second, however soon they are answered; as many as can be, if not said. */
  readonly perSecond?: number;
  /** Workers of ours, processes of a floor. The others have one. */
  readonly processes: number;
  /** Whether the others take part. */
  readonly withPeers: boolean;
  /** Over which transports: all, if not said. */
  readonly over?: Transport;
}

/** What is spoken over. */
export type Transport = 'net' | 'ws' | 'http';

/** The contender that is the yardstick of each. */
export const FLOORS: Readonly<Record<Transport, string>> = {
  net: 'net',
  ws: 'ws echo',
  http: 'http canned',
};

/** A server that can be asked, over one transport and in one era. */
export interface Contender {
  readonly name: string;
  readonly kind: 'floor' | 'ours' | 'peer';
  readonly transport: Transport;
  /** Of ours: measured only where a peer does the same. */
  readonly withPeersOnly?: boolean;
  /** Of a peer: what of ours does the same. */
  readonly ours?: string;
  /** Starts what serves it, unless that runs already. */
  reach(of: Case): Promise<Target>;
}

/** A server that runs, and how it is spoken to. */
export interface Target {
  readonly server: Server;
  readonly channels: OpenChannel;
}

/** A line of the report: a contender in a case. */
export interface Row {
  readonly name: string;
  readonly contender: Contender;
  readonly of: Case;
  readonly check: (answer: string, number: number) => void;
}

const CALL = { asked: 'call', tools: 20, processes: 1, withPeers: false } as const;
const LIST_20 = { ...CALL, asked: 'list' } as const;
const LIST_200 = { ...LIST_20, tools: 200 } as const;
const ONE = { connections: 1, window: 1 };
const ONE_BY_8 = { connections: 1, window: 8 };
const MANY = { connections: 64, window: 1 };
const MANY_BY_8 = { connections: 64, window: 8 };

/** As agents ask: now and then, and from many connections. */
const AT_RATE = { shape: { connections: 20, window: 1 }, perSecond: 200 };

/** First what warms a server up soonest, by the number of its answers. */
const QUICK: readonly Case[] = [
  { ...CALL, shape: MANY_BY_8, over: 'ws' },
  { ...LIST_20, shape: MANY, over: 'ws' },
  { ...CALL, shape: MANY },
];

const USUAL: readonly Case[] = [
  { ...CALL, shape: MANY_BY_8 },
  { ...CALL, shape: MANY, withPeers: true },
  { ...LIST_20, shape: MANY, withPeers: true },
  { ...CALL, shape: ONE },
  { ...CALL, shape: ONE_BY_8 },
  { ...LIST_20, shape: ONE },
  { ...LIST_200, shape: MANY },
  { ...CALL, ...AT_RATE },
  { ...CALL, shape: MANY, processes: 2 },
  { ...CALL, shape: MANY_BY_8, processes: 2 },
  { ...LIST_20, shape: MANY, processes: 2 },
];

/** Every one that there is, and the others in all that have one process. */
const FULL: readonly Case[] = [
  { ...CALL, ...AT_RATE, withPeers: true },
  ...[CALL, LIST_20, LIST_200].flatMap((asked) =>
    [MANY, MANY_BY_8, ONE, ONE_BY_8].flatMap((shape) => [
      { ...asked, shape, withPeers: true },
      { ...asked, shape, processes: 2 },
    ]),
  ),
];

/** How much is measured. */
export type Extent = 'quick' | 'usual' | 'full';

/** The cases of a run. */
export function casesOf(extent: Extent): readonly Case[] {
  return { quick: QUICK, usual: USUAL, full: FULL }[extent];
}

/** A case, as it is written in the report. */
export function nameOf({ asked, tools, shape, perSecond, processes }: Case): string {
  const what = asked === 'call' ? 'call' : `list-${tools}`;
  const { connections, window } = shape;
  const how = perSecond === undefined ? `${connections}×${window}` : `${perSecond}/s`;
  const of = `${what} ${how}`;
  return processes === 1 ? of : `${of}, ${processes} processes`;
}

/** The rows of a case whose name matches a pattern, and those that they are compared with. */
export function rowsOf(of: Case, contenders: readonly Contender[], only: string): readonly Row[] {
  const pattern = new RegExp(only);
  const rows = contenders
    .filter(({ kind, withPeersOnly }) => of.withPeers || (kind !== 'peer' && !withPeersOnly))
    .filter(({ transport }) => of.over === undefined || transport === of.over)
    .map((contender) => ({
      name: `${contender.name}, ${nameOf(of)}`,
      contender,
      of,
      check: contender.kind === 'floor' ? () => undefined : checkAnswer(of.asked),
    }));
  const asked = rows.filter(({ name }) => pattern.test(name));
  const needed = new Set(
    asked.flatMap(({ contender: { name, transport, ours } }) => [name, FLOORS[transport], ours]),
  );
  return rows.filter(({ contender }) => needed.has(contender.name));
}
