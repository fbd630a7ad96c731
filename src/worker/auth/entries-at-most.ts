/** Bounds a cache of lru-cache by its entries. It grows as it is filled: given as `max`, all of it would be there from the start. */
export function entriesAtMost(count: number): {
  readonly maxSize: number;
  readonly sizeCalculation: () => number;
} {
  return { maxSize: count, sizeCalculation: () => 1 };
}
