/** The revisions of MCP with a handshake, newest first. */
const LEGACY = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'] as const;
/** Those without: every request says all there is to know. */
const MODERN = ['2026-07-28'] as const;

/** A revision with a handshake. */
export type LegacyRevision = (typeof LEGACY)[number];
/** A revision without one. */
export type ModernRevision = (typeof MODERN)[number];
/** A revision of MCP, by the date that names it on the wire. */
export type Revision = LegacyRevision | ModernRevision;

/** Those that a modern request may name. */
export const MODERN_REVISIONS: readonly ModernRevision[] = MODERN;

/** What differs between revisions, as far as we send or take it. Source: the changelog of each revision. */
interface Traits {
  /** Several messages may come as one. */
  readonly batches: boolean;
  readonly audio: boolean;
  readonly toolAnnotations: boolean;
  readonly progressMessage: boolean;
  /** The capability is declared; the method is older. */
  readonly completions: boolean;
  readonly titles: boolean;
  readonly resourceLinks: boolean;
  readonly structuredContent: 'any' | 'object' | 'none';
  readonly elicitation: readonly ('form' | 'url')[];
  readonly icons: boolean;
  /** A stream over HTTP begins with an event that it can be taken up again from. */
  readonly primedStreams: boolean;
}

const FIRST: Traits = {
  batches: false,
  audio: false,
  toolAnnotations: false,
  progressMessage: false,
  completions: false,
  titles: false,
  resourceLinks: false,
  structuredContent: 'none',
  elicitation: [],
  icons: false,
  primedStreams: false,
};
const MARCH_2025: Traits = {
  ...FIRST,
  batches: true,
  audio: true,
  toolAnnotations: true,
  progressMessage: true,
  completions: true,
};
const JUNE_2025: Traits = {
  ...MARCH_2025,
  batches: false,
  titles: true,
  resourceLinks: true,
  structuredContent: 'object',
  elicitation: ['form'],
};
const NOVEMBER_2025: Traits = {
  ...JUNE_2025,
  elicitation: ['form', 'url'],
  icons: true,
  primedStreams: true,
};
const JULY_2026: Traits = {
  ...NOVEMBER_2025,
  structuredContent: 'any',
  primedStreams: false,
};

/** To drop a revision is to delete its entry. */
export const TRAITS: Readonly<Record<Revision, Traits>> = {
  '2024-11-05': FIRST,
  '2025-03-26': MARCH_2025,
  '2025-06-18': JUNE_2025,
  '2025-11-25': NOVEMBER_2025,
  '2026-07-28': JULY_2026,
};

/** The revision a handshake settles on: the one asked for, or our newest with one, which the caller may then decline (2025-11-25, lifecycle). */
export function negotiate(requested: string): LegacyRevision {
  return findLegacy(requested) ?? LEGACY[0];
}

/** A revision with a handshake, by its name. */
export function findLegacy(name: string): LegacyRevision | undefined {
  return LEGACY.find((revision) => revision === name);
}

/** A revision without one, by its name. */
export function findModern(name: string): ModernRevision | undefined {
  return MODERN.find((revision) => revision === name);
}

/** Whether a revision is without a handshake. */
export function isModern(revision: Revision): revision is ModernRevision {
  return findModern(revision) !== undefined;
}

/** Any revision that we speak, by its name. */
export function findRevision(name: string): Revision | undefined {
  return findModern(name) ?? findLegacy(name);
}
