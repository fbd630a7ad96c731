type Fetch = (url: string | URL, init?: RequestInit) => Promise<Response>;

/** A `fetch` for clients over Streamable HTTP. */
export interface SpreadFetch {
  readonly fetch: Fetch;
  /** Resolves once a stream of what belongs to no request is open. Rejects if it is refused. */
  readonly streaming: Promise<void>;
}

/** Every request has a connection of its own, so that the workers take turns. */
export function spreadFetch(): SpreadFetch {
  const { promise: streaming, resolve, reject } = Promise.withResolvers<void>();
  // Whoever needs the stream is told.
  streaming.catch(() => undefined);
  return {
    streaming,
    async fetch(url, init) {
      const headers = new Headers(init?.headers);
      headers.set('connection', 'close');
      const response = await fetch(url, { ...init, headers });
      if (init?.method !== 'GET') return response;
      if (response.ok) resolve();
      else reject(new Error(`No stream: ${response.status}`));
      return response;
    },
  };
}
