import {
  type Guard,
  isBoolean,
  isListOf,
  isNumber,
  isOneOf,
  isRecordOf,
  isShaped,
  isString,
  type Shaped,
} from '../shared/shape.ts';

/** What is unknown is null. */
function isKnown<Value>(guard: Guard<Value>): Guard<Value | null> {
  return (value): value is Value | null => value === null || guard(value);
}

const isWorker = isShaped({
  slot: isNumber,
  pid: isKnown(isNumber),
  state: isString,
  restarts: isNumber,
  uptimeSeconds: isKnown(isNumber),
  rssBytes: isKnown(isNumber),
  loopDelayP99Ms: isKnown(isNumber),
  nextStartAt: isKnown(isString),
  lastExit: isKnown(
    isShaped({
      at: isKnown(isString),
      code: isKnown(isNumber),
      signal: isKnown(isString),
      class: isString,
      cause: isString,
    }),
  ),
});

const isDependency = isShaped({
  name: isString,
  required: isBoolean,
  status: isString,
  since: isKnown(isString),
  latencyMs: isKnown(isNumber),
  lastError: isKnown(isShaped({ code: isKnown(isString), message: isKnown(isString) })),
});

const STATE = {
  schema: isOneOf(['mcp.supervisor.state/1']),
  now: isString,
  service: isShaped({ version: isString, node: isString }),
  supervisor: isShaped({
    pid: isNumber,
    uptimeSeconds: isKnown(isNumber),
    state: isString,
    stateSince: isKnown(isString),
    stateReason: isString,
    outer: isShaped({ kind: isString }),
  }),
  capacity: isShaped({
    desired: isNumber,
    ready: isNumber,
    starting: isNumber,
    draining: isNumber,
    backoff: isNumber,
    parked: isNumber,
  }),
  budget: isShaped({ crashScore: isNumber, crashLimit: isNumber }),
  workers: isListOf(isWorker),
  dependencies: isListOf(isDependency),
  quarantine: isListOf(
    isShaped({
      fingerprint: isString,
      tool: isString,
      state: isString,
      until: isKnown(isString),
      crashes: isNumber,
    }),
  ),
  lastEvents: isListOf(isRecordOf((_value): _value is unknown => true)),
} as const;

const isState = isShaped(STATE);
/** The part of `/supervisor/state` that people are shown. docs/supervisor-state.schema.json describes all of it. */
export type State = Shaped<typeof STATE>;

/** Reads the state as a supervisor answered it; nothing if it is none of a version we know. */
export function parseState(value: unknown): State | undefined {
  return isState(value) ? value : undefined;
}
