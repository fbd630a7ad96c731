import type { TraceContext } from '../domain/trace.ts';
import { isRecord, type Params } from './frame.ts';

/** Version, trace, parent and flags (W3C Trace Context §3.2). A trace or a parent of zeros is none. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
/** What the standards ask of everybody to pass on at least (W3C Trace Context §3.3.1.5, Baggage §3.3.2). */
const TRACESTATE_LENGTH_MAX = 512;
const BAGGAGE_LENGTH_MAX = 8_192;

/** The trace that a request is part of, as it says in its `_meta` (2026-07-28, basic, `_meta`); nothing if it says none, or none that is well-formed. */
export function traceOf({ _meta: meta }: Params): TraceContext | undefined {
  if (!isRecord(meta)) return undefined;
  const { traceparent, tracestate, baggage } = meta;
  if (typeof traceparent !== 'string' || !TRACEPARENT.test(traceparent)) return undefined;
  return {
    traceparent,
    tracestate: upTo(tracestate, TRACESTATE_LENGTH_MAX),
    baggage: upTo(baggage, BAGGAGE_LENGTH_MAX),
  };
}

function upTo(value: unknown, lengthMax: number): string | undefined {
  return typeof value === 'string' && value.length <= lengthMax ? value : undefined;
}
