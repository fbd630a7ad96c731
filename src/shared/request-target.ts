/** What a request asks for. */
export class RequestTarget {
  /** Neither decoded nor tidied: what is written otherwise is something else. */
  readonly path: string;
  readonly #query: string;

  constructor(path: string, query: string) {
    this.path = path;
    this.#query = query;
  }

  /** Read each time anew: few look at it. */
  get query(): URLSearchParams {
    return new URLSearchParams(this.#query);
  }
}

/** Reads what a request asks for. It may name the host, too (RFC 9112 §3.2.2): whether that is ours is seen elsewhere. */
export function parseTarget(url = '/'): RequestTarget {
  if (url.startsWith('/') && !url.includes('?')) return new RequestTarget(url, '');
  // A query may have question marks in it.
  const [path = '', ...query] = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').split('?');
  return new RequestTarget(path === '' ? '/' : path, query.join('?'));
}
