/** The trace that a call is part of, to be passed on to whatever is asked for it (W3C Trace Context, and Baggage). */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string | undefined;
  readonly baggage: string | undefined;
}
