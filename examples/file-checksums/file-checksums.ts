import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { defineTool, ToolError } from 'mcp-holdfast';
import { z } from 'zod';

/** What agents may look into: this folder, and nothing beside it. */
const ROOT = join(import.meta.dirname, 'files');
const FILES_MAX = 1_000;

/** Reads every file below a folder, says how far it is, and stops in the middle of a file when it is cancelled. */
export const fileChecksums = defineTool({
  name: 'file_checksums',
  title: 'Checksums of files',
  description: 'Computes the SHA-256 of every file below a folder, for comparing two copies.',
  annotations: { readOnlyHint: true, idempotentHint: true, openWorldHint: false },
  timeoutMs: 120_000,
  concurrencyMax: 4,
  input: z.object({
    folder: z.string().default('.').describe('Relative to the folder that is served'),
  }),
  output: z.object({
    files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  }),
  run: async ({ folder }, { progress, signal }) => {
    const paths = await filesBelow(await enter(folder));
    const files: { readonly path: string; readonly sha256: string }[] = [];
    for (const [index, path] of paths.entries()) {
      const shown = relative(ROOT, path);
      // oxlint-disable-next-line no-await-in-loop -- one after the other: the disk is not faster for being asked twice
      await progress(index, paths.length, shown);
      // oxlint-disable-next-line no-await-in-loop -- as above
      files.push({ path: shown, sha256: await sha256Of(path, signal) });
    }
    return { files };
  },
});

/** The folder itself, wherever links lead: what lies outside is not there. */
async function enter(folder: string): Promise<string> {
  const root = await realpath(ROOT);
  const path = await realpath(join(root, folder)).catch(() => undefined);
  if (path === root || path?.startsWith(root + sep) === true) return path;
  throw new ToolError(`There is no folder ${JSON.stringify(folder)}`);
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const folders = [folder];
  for (const next of folders) {
    // oxlint-disable-next-line no-await-in-loop -- it grows while we go through it
    const entries = await readdir(next, { withFileTypes: true }).catch(() => {
      throw new ToolError('This is no folder');
    });
    // A link is neither: it may lead anywhere.
    const pathOf = ({ name }: { readonly name: string }): string => join(next, name);
    folders.push(...entries.filter((entry) => entry.isDirectory()).map(pathOf));
    found.push(...entries.filter((entry) => entry.isFile()).map(pathOf));
    if (found.length + folders.length > FILES_MAX) {
      throw new ToolError(`There are more than ${FILES_MAX} files: name a folder below`);
    }
  }
  return found.toSorted();
}

async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal });
  return hash.digest('hex');
}
