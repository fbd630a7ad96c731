import type { CallInFlight } from './ipc.ts';
import { type Guarded, isNumber, isShaped, isString } from './shape.ts';

/**
 * A breadcrumb is the trace that a call leaves in a file while it runs, so that it can be read after
 * its worker was killed. The file is an array of places of 256 bytes: in each a line of JSON, padded
 * with blanks, or nothing.
 */
export const BREADCRUMB_BYTES = 256;

/** How many calls of one worker leave a breadcrumb at once. Those beyond run without one. */
export const BREADCRUMBS_MAX = 1_024;

const isBreadcrumb = isShaped({ tool: isString, fingerprint: isString, startedAt: isNumber });
/** A call that runs, and when it began, in milliseconds since 1970. */
export type Breadcrumb = Guarded<typeof isBreadcrumb>;

/** A place that nobody has. */
export const NO_BREADCRUMB: Buffer = padded('');

/** A breadcrumb as it lies in its place. What does not fit is cut off, and with it unreadable. */
export function encodeBreadcrumb({ tool, fingerprint, startedAt }: Breadcrumb): Buffer {
  return padded(JSON.stringify({ tool, fingerprint, startedAt }));
}

/** The calls in such a file, the oldest first. A place that was only half written is passed over. */
export function decodeBreadcrumbs(file: Buffer): CallInFlight[] {
  const places = Math.min(Math.ceil(file.length / BREADCRUMB_BYTES), BREADCRUMBS_MAX);
  return Array.from({ length: places }, (_, place) => {
    const start = place * BREADCRUMB_BYTES;
    return parse(file.toString('utf8', start, start + BREADCRUMB_BYTES));
  })
    .filter((breadcrumb) => breadcrumb !== undefined)
    .toSorted((a, b) => a.startedAt - b.startedAt)
    .map(({ tool, fingerprint }) => ({ tool, fingerprint }));
}

function padded(text: string): Buffer {
  const place = Buffer.alloc(BREADCRUMB_BYTES, ' ');
  place.write(text);
  place.write('\n', BREADCRUMB_BYTES - 1);
  return place;
}

function parse(text: string): Breadcrumb | undefined {
  try {
    const breadcrumb: unknown = JSON.parse(text);
    return isBreadcrumb(breadcrumb) ? breadcrumb : undefined;
  } catch {
    // Nobody has this place, or its worker died while it wrote.
    return undefined;
  }
}
