import { extname } from 'node:path';

import { loadYaml } from '../declared/yaml-file.ts';
import { loadMounts } from '../mounted/load-mounts.ts';
import { LoadFailure } from './load-failure.ts';
import type { Loaded, LoadFile, LoadOptions } from './loaded.ts';
import { loadModule } from './module.ts';
import type { SourceFile } from './source.ts';

/** How files are loaded, by how their names end. */
const LOADERS: Readonly<Record<string, LoadFile>> = {
  '.ts': loadModule,
  '.js': loadModule,
  '.mjs': loadModule,
  '.yaml': loadYaml,
  '.yml': loadYaml,
  '.json': loadMounts,
};

/** Loads what one file defines. Throws a `LoadFailure` that says what is wrong with it. */
export async function loadFile(file: SourceFile, options: LoadOptions): Promise<Loaded> {
  const load = LOADERS[extname(file.path)];
  if (load === undefined) return {};
  try {
    return await load(file, options);
  } catch (error) {
    throw LoadFailure.of(error, file.path);
  }
}
