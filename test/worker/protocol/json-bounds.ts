import type { JsonBounds } from '../../../src/worker/protocol/json-bounds.ts';

/** Bounds that are reached by those tests alone that are about them. */
export const JSON_BOUNDS: JsonBounds = { depthMax: 64, elementsMax: 100_000 };
