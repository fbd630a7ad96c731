import type { Readable } from 'node:stream';

import { Ration } from './ration.ts';

const BYTES_PER_S = 16_384;
const SECOND_MS = 1_000;

/** Hands on what a thread prints, as much of it as anybody reads. */
export function hearPrinted(printed: Readable, say: (text: string) => void): void {
  const ration = new Ration(BYTES_PER_S, SECOND_MS);
  // Node would have it in our own output, between lines of JSON.
  printed.unpipe();
  printed.on('data', (chunk: Buffer) => {
    const bytes = ration.take(chunk.length);
    if (bytes > 0) say(chunk.subarray(0, bytes).toString().trimEnd());
  });
  printed.resume();
}
