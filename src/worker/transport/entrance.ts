import type { IncomingMessage } from 'node:http';

import type { Admission } from '../domain/admission.ts';

/** Who may come in. Each of these throws a `Failure`, which is answered in plain HTTP. */
export interface Entrance<Caller> {
  /** Who sends a request. */
  admit(request: IncomingMessage): Promise<Admission<Caller>>;
  /** Who asks for a WebSocket. */
  admitSocket(request: IncomingMessage): Promise<Admission<Caller>>;
  /** Lets a caller begin a session, if it has not begun too many of late. */
  admitSession(caller: Caller): Promise<void>;
  /** Takes a place for a socket or a request of a caller, until what this returns is disposed of. */
  takePlace(caller: Caller): Disposable;
}
