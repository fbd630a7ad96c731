import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of tools and a folder for state, gone when disposed of. */
export interface GenerationsFolder extends Disposable {
  readonly stateFolder: string;
  readonly tools: string;
  /** Writes a file of tools, in folders if need be. */
  readonly write: (name: string, text: string) => void;
}

export function makeFolders(): GenerationsFolder {
  const root = mkdtempSync(join(tmpdir(), 'holdfast-generations-'));
  const tools = join(root, 'tools');
  const stateFolder = join(root, 'state');
  for (const folder of [tools, stateFolder]) mkdirSync(folder);
  return {
    stateFolder,
    tools,
    write: (name, text) => {
      mkdirSync(dirname(join(tools, name)), { recursive: true });
      writeFileSync(join(tools, name), text);
    },
    [Symbol.dispose]: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}
