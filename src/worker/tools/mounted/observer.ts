/** How a call of a mounted tool ended. */
export type MountedOutcome =
  | 'ok'
  | 'tool_error'
  /** The server answered with an error of the protocol. */
  | 'refused'
  /** What it answered is no result, or none that may be passed on. */
  | 'malformed'
  /** The caller or the time was gone before it answered. */
  | 'aborted'
  | 'unavailable';

/** Told what happens to one server, until it is disposed of. */
export interface MountedObserver extends Disposable {
  readonly up: (isUp: boolean) => void;
  readonly restart: () => void;
  readonly end: (outcome: MountedOutcome) => void;
}

/** Makes an observer of a server, by the name that its file gives it. */
export type ObserveMounted = (server: string) => MountedObserver;

/** Nobody is told. */
export const unobserved: ObserveMounted = () => ({
  up: () => undefined,
  restart: () => undefined,
  end: () => undefined,
  [Symbol.dispose]: () => undefined,
});
