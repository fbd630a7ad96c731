/** What a request asks for. */
export interface RequestTarget {
  /** Neither decoded nor tidied: what is written otherwise is something else. */
  readonly path: string;
  readonly query: URLSearchParams;
}

/** Reads what a request asks for. It may name the host, too (RFC 9112 §3.2.2): whether that is ours is seen elsewhere. */
export function parseTarget(url = '/'): RequestTarget {
  if (url.startsWith('/') && !url.includes('?')) return { path: url, query: new URLSearchParams() };
  // A query may have question marks in it.
  const [path = '', ...query] = url.replace(/^[a-z]+:\/\/[^/?#]*/i, '').split('?');
  return { path: path === '' ? '/' : path, query: new URLSearchParams(query.join('?')) };
}
