import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { dirname } from 'node:path';

/** This package as it lies on disk: a clone with `src/`, or what npm installed, compiled to `dist/`. */
export interface Package {
  readonly root: string;
  readonly version: string;
}

/** Reads our own package.json. */
export function readPackage(): Package {
  const path = findPackageJSON(import.meta.url);
  if (path === undefined) throw new Error('This file is in no package');
  const { version }: { version: unknown } = JSON.parse(readFileSync(path, 'utf8'));
  return { root: dirname(path), version: String(version) };
}
