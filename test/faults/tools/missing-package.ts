/** Needs a package that nobody installed. */
await import(['left-pad', 'of-yesterday'].join('-'));

export { whoServes } from './well.ts';
