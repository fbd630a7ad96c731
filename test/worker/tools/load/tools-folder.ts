import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { keepGeneration } from '../../../../src/shared/generation.ts';
import { findToolSources, type ToolSource } from '../../../../src/worker/tools/load/source.ts';

/** A folder of files that is gone when disposed of. */
export interface ToolsFolder extends Disposable {
  readonly path: string;
  readonly at: (name: string) => string;
}

/**
 * Writes files into a folder of that name. They lie below the tests, so that they may import
 * what the project does.
 */
export function writeToolsFolder(
  name: string,
  files: Readonly<Record<string, string>>,
): ToolsFolder {
  const parent = mkdtempSync(join(import.meta.dirname, '.folder-'));
  const path = join(parent, name);
  mkdirSync(path);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return {
    path,
    at: (file) => join(path, file),
    [Symbol.dispose]() {
      rmSync(parent, { recursive: true });
    },
  };
}

/** The text of a file that exports tools of these names. */
export function toolFile(...names: readonly string[]): string {
  const tools = names.map(
    (name) => `export const ${name} = defineTool({
      name: '${name}', description: 'Tries.', input: z.object({}), run: async () => '${name}',
    });`,
  );
  const imports = ["import { defineTool } from 'mcp-holdfast';", "import { z } from 'zod';"];
  return [...imports, ...tools].join('\n');
}

/** What a folder or a file holds, as a worker finds it: kept, and read from there. */
export function keptSource(path: string): ToolSource {
  const stateFolder = mkdtempSync(join(tmpdir(), 'holdfast-kept-'));
  process.once('exit', () => {
    rmSync(stateFolder, { recursive: true });
  });
  const [source] = findToolSources(stateFolder, keepGeneration(stateFolder, [path], 0));
  if (source === undefined) throw new Error('What was kept is found');
  return source;
}
