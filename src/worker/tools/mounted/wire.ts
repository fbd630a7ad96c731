import { Failure } from '../../../shared/errors.ts';
import type { MirroredArgument } from '../../domain/mirrored-argument.ts';
import type { Message, RequestId } from '../../protocol/frame.ts';
import type { JsonBounds } from '../../protocol/json-bounds.ts';
import type { Revision } from '../../protocol/revisions.ts';

/** The largest message that a mounted server may send. */
export const MESSAGE_BYTES_MAX = 4_194_304;
/** Results may hold more values than what agents send. */
export const JSON_BOUNDS: JsonBounds = { depthMax: 64, elementsMax: 400_000 };
/** What is read of one server in a second. What comes faster waits in its pipe. */
export const READ_BYTES_PER_S = 67_108_864;
/** The same of messages, or of lines of a stream. */
export const READ_MESSAGES_PER_S = 5_000;

/** Why a server can be reached no more. The words are ours. */
export interface Loss {
  readonly reason: string;
  readonly exitCode?: number | null | undefined;
  readonly signal?: NodeJS.Signals | null | undefined;
  /** The last that it printed on stderr. */
  readonly stderr?: readonly string[] | undefined;
  /** What the system says of it. */
  readonly code?: string | undefined;
}

/** Told of what comes. */
export interface Receiver {
  readonly message: (text: string) => void;
  /** What was too large to be read: what stands at its ends. */
  readonly overlong: (edges: string) => void;
  /** Whether a request of ours is not answered yet. */
  readonly isAwaited: (id: RequestId) => boolean;
}

/** What a message is sent with. */
export interface SendOptions {
  /** Aborts when nobody waits for what it leads to any longer. */
  readonly signal: AbortSignal;
  /** Arguments of a call that are said in headers too. */
  readonly mirrored?: readonly MirroredArgument[];
}

/** A way to a mounted server. What comes is told to a receiver. */
export interface Wire extends AsyncDisposable {
  /**
   * Sends a message. Resolves when it is sent, and if that is how answers come, they have come as well. Rejects with a `Failure` (`unavailable`) if
   * it cannot be sent, and with `SessionGone` if it has to be sent again after another handshake.
   */
  send(message: Message, options: SendOptions): Promise<void>;
  /** Whether a request of the modern era is cancelled by closing what it is answered with. */
  readonly cancelsByClosing: boolean;
  /** A handshake is over: what is sent from now on is of that revision. */
  settle(revision: Revision): void;
  /** Resolves when nothing can be sent any more, and never rejects. */
  readonly lost: Promise<Loss>;
}

/** The server no longer knows what the handshake settled. */
export class SessionGone extends Error {
  override readonly name = 'SessionGone';
}

/** What a server over HTTP answered instead of what was asked for. */
export class HttpRefusal extends Error {
  override readonly name = 'HttpRefusal';
  readonly status: number;

  constructor(status: number) {
    super(`It answered with the status ${status}`);
    this.status = status;
  }
}

/** A program that cannot be started, and a file that is wrong for that. */
export class Unstartable extends Error {
  override readonly name = 'Unstartable';
}

/** What callers are told while a server cannot be reached. */
export function awayFailure(server: string, retryAfterMs: number, cause?: unknown): Failure {
  return new Failure('unavailable', `The server "${server}" is away`, { retryAfterMs, cause });
}
