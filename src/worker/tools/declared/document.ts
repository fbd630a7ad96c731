import { isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';

import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';

import type { Fault } from '../../../shared/proof.ts';
import { LoadFailure } from '../load/load-failure.ts';
import type { SourceFile } from '../load/source.ts';
import { type DeclaredText, DeclaredValue } from './value.ts';

/** Nobody writes more of it by hand. What is generated can be divided. */
const FILE_BYTES_MAX = 256 * 1_024;
const DEPTH_MAX = 32;
const DOCUMENTS_MAX = 100;
const FAULTS_MAX = 10;
/** Few lines of them can stand for gigabytes. */
const ALIAS = 'an alias: write out what it stands for';

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  // Sets, dates and bytes of YAML 1.1: there is no JSON of them.
  resolveKnownTags: false,
  stringKeys: true,
  // Its own check compares each key with all others: half a minute for a file of the largest size.
  uniqueKeys: false,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

/** Reads the documents of a YAML file. Throws a `LoadFailure` that says where it is not YAML, or more of it than we take. */
export async function readDocuments(file: SourceFile): Promise<readonly DeclaredValue[]> {
  return parseDocuments(await readText(file), file.path);
}

/** The same, of a text. */
export function parseDocuments(text: string, file: string): readonly DeclaredValue[] {
  const lines = new LineCounter();
  const of: DeclaredText = { file, text, lines };
  const documents: readonly Document.Parsed[] = [
    ...parseAllDocuments(text, { ...OPTIONS, lineCounter: lines }),
  ];
  const flaws = documents.flatMap(flawsOf);
  if (documents.length > DOCUMENTS_MAX) {
    flaws.push({ offset: 0, message: `more than ${DOCUMENTS_MAX} documents` });
  }
  if (flaws.length > 0) {
    throw new LoadFailure(flaws.slice(0, FAULTS_MAX).map((flaw) => faultOf(flaw, of)));
  }
  return documents
    .filter(({ contents }) => !isScalar(contents) || contents.value !== null)
    .map(({ contents }) => new DeclaredValue(contents, of, ''));
}

interface Flaw {
  readonly offset: number;
  readonly message: string;
}

function flawsOf(document: Document.Parsed): Flaw[] {
  // What the parser only warns of is a tag that it does not know.
  const flaws = [...document.errors, ...document.warnings].map(
    ({ message, pos: [offset] }): Flaw => ({ offset, message }),
  );
  if (flaws.length > 0) return flaws;
  visit(document, {
    Node(_key, node, path) {
      if (isMap(node)) flaws.push(...findTwice(node));
      if (isAlias(node)) flaws.push({ offset: offsetOf(node), message: ALIAS });
      if (path.filter(isCollection).length <= DEPTH_MAX) return undefined;
      flaws.push({ offset: offsetOf(node), message: `deeper than ${DEPTH_MAX} levels` });
      return visit.BREAK;
    },
  });
  return flaws;
}

function findTwice({ items }: YAMLMap): Flaw[] {
  const seen = new Set<string>();
  return items.flatMap(({ key }) => {
    const name = String(key);
    if (seen.has(name)) return [{ offset: offsetOf(key), message: `"${name}" is there already` }];
    seen.add(name);
    return [];
  });
}

function offsetOf(node: unknown): number {
  return isNode(node) ? (node.range?.[0] ?? 0) : 0;
}

function faultOf({ offset, message }: Flaw, { file, lines }: DeclaredText): Fault {
  const { line, col } = lines.linePos(offset);
  return { file, line, column: col, subject: undefined, message };
}

async function readText({ path, keptAt }: SourceFile): Promise<string> {
  await using file = await open(keptAt);
  const { size } = await file.stat();
  if (size > FILE_BYTES_MAX) throw LoadFailure.of(`is larger than ${FILE_BYTES_MAX} bytes`, path);
  const bytes = await file.readFile();
  if (!isUtf8(bytes)) throw LoadFailure.of('is not UTF-8', path);
  return bytes.toString('utf8');
}
