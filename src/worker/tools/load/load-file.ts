import { extname } from 'node:path';

import { LoadFailure } from './load-failure.ts';
import type { Loaded, LoadFile, LoadOptions } from './loaded.ts';
import { loadModule } from './module.ts';
import type { SourceFile } from './source.ts';

/** How files are loaded, by how their names end. What a start has no file for, it does not wait for either. */
const LOADERS: Readonly<Record<string, () => Promise<LoadFile>>> = {
  '.ts': async () => loadModule,
  '.js': async () => loadModule,
  '.mjs': async () => loadModule,
  '.yaml': async () => (await import('../declared/yaml-file.ts')).loadYaml,
  '.yml': async () => (await import('../declared/yaml-file.ts')).loadYaml,
  '.json': async () => (await import('../mounted/load-mounts.ts')).loadMounts,
};

/** Loads what one file defines. Throws a `LoadFailure` that says what is wrong with it. */
export async function loadFile(file: SourceFile, options: LoadOptions): Promise<Loaded> {
  const loader = LOADERS[extname(file.path)];
  if (loader === undefined) return {};
  try {
    const load = await loader();
    return await load(file, options);
  } catch (error) {
    throw LoadFailure.of(error, file.path);
  }
}
