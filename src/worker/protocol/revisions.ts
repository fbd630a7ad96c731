/** A revision of MCP, by the date that names it on the wire. */
export type Revision = '2025-11-25';

/** The revisions we speak, newest first. To drop one is to delete its entry. */
const REVISIONS: readonly [Revision, ...Revision[]] = ['2025-11-25'];

/** The revision a handshake settles on: the one asked for, or our newest, which the caller may then decline (2025-11-25, lifecycle). */
export function negotiate(requested: string): Revision {
  return REVISIONS.find((revision) => revision === requested) ?? REVISIONS[0];
}
