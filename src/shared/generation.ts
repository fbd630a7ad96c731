/**
 * Generations of what agents are offered, as they are kept in the state folder: which tools there were at one moment, down to
 * their text. Whoever loads one gets the same, however the files have changed since.
 *
 * `tools/<version>/…` holds the files of one source, `generations/<id>.json` says which sources a generation is made of.
 */
import { hash } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';

import { codeOf, Failure } from './errors.ts';
import { readJsonFile, writeJsonFile } from './json-file.ts';
import { isProof, type Proof } from './proof.ts';
import { isBoolean, isListOf, isNumber, isShaped, isString, type Shaped } from './shape.ts';

/** Beyond this it is no folder of tools, but of something else that was named by mistake. */
const FILES_MAX = 5_000;
const BYTES_MAX = 64 * 1_048_576;
const DEPTH_MAX = 16;
/** Code, definitions and migrations. */
const KEPT = new Set(['.ts', '.mts', '.js', '.mjs', '.cjs', '.json', '.yaml', '.yml', '.sql']);
const VERSION_LENGTH = 32;
const ID_LENGTH = 16;

const SOURCE = {
  /** Where it was found: an absolute path. */
  path: isString,
  isFolder: isBoolean,
  /** A hash of its files: two that are alike are the same. */
  version: isString,
  /** Below `path`, with `/` between, in order. Of a source that is one file, its name. */
  files: isListOf(isString),
} as const;
/** One entry of `MCP_TOOLS`, as it was. */
export type GenerationSource = Shaped<typeof SOURCE>;

const GENERATION = {
  /** A hash of its sources. */
  id: isString,
  /** When it was first kept, in milliseconds since 1970. */
  at: isNumber,
  sources: isListOf(isShaped(SOURCE)),
} as const;
/** What agents are offered, as it was. */
export type Generation = Shaped<typeof GENERATION>;
const isGeneration = isShaped(GENERATION);

/** Keeps the tools as they are now, and says which generation that is. Throws a `Failure` that names what is not there, or too large. */
export function keepGeneration(
  stateFolder: string,
  paths: readonly string[],
  now: number,
): Generation {
  const sources = paths.map((path) => keepSource(stateFolder, resolve(path)));
  const id = hash(
    'sha256',
    JSON.stringify(sources.map(({ path, version }) => [path, version])),
    'hex',
  ).slice(0, ID_LENGTH);
  const kept = findGeneration(stateFolder, id);
  if (kept !== undefined) return kept;
  const generation = { id, at: now, sources };
  writeJsonFile(pathOf(stateFolder, id), generation);
  return generation;
}

/** Reads what was kept. Nothing if there is no such generation any more, or it cannot be read. */
export function findGeneration(stateFolder: string, id: string): Generation | undefined {
  const parsed = readJsonFile(pathOf(stateFolder, id));
  return isGeneration(parsed) && parsed.id === id ? parsed : undefined;
}

/** Keeps what came of loading a generation. */
export function writeProof(stateFolder: string, proof: Proof): void {
  writeJsonFile(proofPathOf(stateFolder, proof.generation), proof);
}

/**
 * Reads what came of loading a generation. Nothing if this version has not loaded it. Tools can write where we read: what is no
 * proof is none, and ends nobody.
 */
export function readProof(stateFolder: string, id: string): Proof | undefined {
  const parsed = readJsonFile(proofPathOf(stateFolder, id));
  return isProof(parsed) ? parsed : undefined;
}

/** Sees to it that what is read from now on was written from now on. */
export function forgetProof(stateFolder: string, id: string): void {
  rmSync(proofPathOf(stateFolder, id), { recursive: true, force: true });
}

/** Where the files of a source are kept. */
export function keptFolder(stateFolder: string, { version }: GenerationSource): string {
  return join(stateFolder, 'tools', version);
}

/** Whether all files of a source are kept, as they were, and no others beside them. Disks lose some, and people change some. */
export function isKeptWhole(stateFolder: string, source: GenerationSource): boolean {
  const { version, files } = source;
  const folder = keptFolder(stateFolder, source);
  const names = new Set(files);
  try {
    if (!filesBelow(folder, '', 0).every((name) => names.has(name))) return false;
    if (!files.every((name) => isFile(join(folder, name)))) return false;
    return versionOf(readAll(folder, folder, files)) === version;
  } catch (error) {
    if (error instanceof Failure || codeOf(error) !== undefined) return false;
    throw error;
  }
}

function pathOf(stateFolder: string, id: string): string {
  return join(stateFolder, 'generations', `${id}.json`);
}

function proofPathOf(stateFolder: string, id: string): string {
  return join(stateFolder, 'generations', `${id}.proof.json`);
}

/** The files of one entry of `MCP_TOOLS`, in order. Throws a `Failure` if there is nothing, or too much. */
export function listFiles(path: string): {
  readonly isFolder: boolean;
  /** Below it are the files: of a source that is one file, its folder. */
  readonly root: string;
  readonly files: readonly string[];
} {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new Failure('invalid', `MCP_TOOLS names ${path}, and there is nothing there`);
  }
  return stats.isDirectory()
    ? { isFolder: true, root: path, files: filesBelow(path, '', 0).toSorted() }
    : { isFolder: false, root: dirname(path), files: [basename(path)] };
}

function keepSource(stateFolder: string, path: string): GenerationSource {
  const { isFolder, root, files } = listFiles(path);
  const read = readAll(path, root, files);
  const source = { path, isFolder, version: versionOf(read), files };
  if (!isKeptWhole(stateFolder, source)) writeSource(keptFolder(stateFolder, source), read);
  return source;
}

function versionOf(files: readonly (readonly [string, Buffer])[]): string {
  const hashes = files.map(([name, bytes]) => [name, hash('sha256', bytes)]);
  return hash('sha256', JSON.stringify(hashes), 'hex').slice(0, VERSION_LENGTH);
}

function readAll(
  path: string,
  root: string,
  files: readonly string[],
): readonly (readonly [string, Buffer])[] {
  let bytes = 0;
  return files.map((name) => {
    const content = readFileSync(join(root, name));
    bytes += content.length;
    if (bytes > BYTES_MAX) throw tooLarge(path);
    return [name, content];
  });
}

/** Whole, or not at all: whoever is interrupted leaves nothing that looks like it. */
function writeSource(folder: string, files: readonly (readonly [string, Buffer])[]): void {
  const beside = `${folder}.${process.pid}.new`;
  rmSync(beside, { recursive: true, force: true });
  mkdirSync(beside, { recursive: true, mode: 0o700 });
  for (const [name, content] of files) {
    mkdirSync(dirname(join(beside, name)), { recursive: true, mode: 0o700 });
    writeFileSync(join(beside, name), content, { mode: 0o600, flush: true });
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(beside, folder);
}

/**
 * What others installed, and what is hidden, is no part of it, and neither is what no loader reads: that is found where it
 * was. A link to a file is followed, for so Kubernetes mounts them, and one to a folder is not: it may lead anywhere.
 */
function filesBelow(root: string, below: string, depth: number): string[] {
  const found: string[] = [];
  for (const entry of readdirSync(join(root, below), { withFileTypes: true })) {
    const { name } = entry;
    if (name === 'node_modules' || name.startsWith('.')) continue;
    const inner = below === '' ? name : `${below}/${name}`;
    if (entry.isDirectory() && depth < DEPTH_MAX) {
      found.push(...filesBelow(root, inner, depth + 1));
    } else if (KEPT.has(extname(name)) && isFile(join(root, inner))) {
      found.push(inner);
    }
    if (found.length > FILES_MAX) throw tooLarge(root);
  }
  return found;
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

function tooLarge(path: string): Failure {
  return new Failure(
    'invalid',
    `MCP_TOOLS names ${path}, which holds more than ${FILES_MAX} files, or ${BYTES_MAX} bytes`,
  );
}
