/** Finds in all that clients received what was somebody else's. */

export const TENANTS = ['acmecorporation', 'boltcorporation'] as const;
export type Tenant = (typeof TENANTS)[number];

const MARKER = new RegExp(`\\b(?:${TENANTS.join('|')})\\.\\d+\\.\\d+\\b`, 'g');

/** One connection, or one response: all that came by it, and what may. */
export class Ear {
  readonly tenant: Tenant;
  readonly way: string;
  /** All that came: frames, heads and bodies of responses, reasons of a close. */
  readonly heard: string[] = [];
  readonly #own = new Set<string>();
  /** What each request was about, by its id, which is the token of its progress as well. */
  readonly #subjects = new Map<unknown, string>();

  constructor(tenant: Tenant, way: string) {
    this.tenant = tenant;
    this.way = way;
  }

  /** From now on a marker may come by here. */
  allow(marker: string, id?: number): void {
    this.#own.add(marker);
    if (id !== undefined) this.#subjects.set(id, marker);
  }

  hear(text: string): void {
    this.heard.push(text);
  }

  isAllowed(marker: string): boolean {
    return this.#own.has(marker);
  }

  subjectOf(id: unknown): string | undefined {
    return this.#subjects.get(id);
  }
}

/** What came to whom it was not for; each told in a line. */
export function findCrossings(ears: readonly Ear[]): string[] {
  return ears.flatMap((ear) =>
    ear.heard.flatMap((text) =>
      crossingsIn(text, ear).map((what) => `${ear.tenant}, ${ear.way}: ${what} in ${text}`),
    ),
  );
}

function crossingsIn(text: string, ear: Ear): string[] {
  // It is no part of anything that is meant for another: not of a list, and not of a marker.
  const others = TENANTS.filter((tenant) => tenant !== ear.tenant && text.includes(tenant));
  const markers = markersIn(text);
  const strange = markers.filter((marker) => !ear.isAllowed(marker));
  const subject = ear.subjectOf(idIn(text));
  const mistaken = markers.filter((marker) => subject !== undefined && marker !== subject);
  return [...new Set([...others, ...strange, ...mistaken])];
}

export function markersIn(text: string): string[] {
  return text.match(MARKER) ?? [];
}

/** Which request a frame is about: the one that it answers, or whose progress it tells. */
function idIn(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  const { id, method, params } = JSON.parse(text);
  return method === undefined ? id : params?.progressToken;
}
