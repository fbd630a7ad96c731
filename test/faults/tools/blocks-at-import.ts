/** Computes without end while it is being imported. */
function findThatNeverEnds(): void {
  for (;;);
}
findThatNeverEnds();

export { whoServes } from './well.ts';
