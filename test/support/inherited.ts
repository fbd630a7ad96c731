const { PATH, NODE_COMPILE_CACHE } = process.env;

/** What a process is given of our environment where it is to find nothing else of it. */
export const INHERITED: NodeJS.ProcessEnv = { PATH, NODE_COMPILE_CACHE };
