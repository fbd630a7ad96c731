import { isAbsolute, relative } from 'node:path';

import { type Fault, sentenceOf } from '../shared/proof.ts';
import { plain } from './table.ts';

/** A fault as compilers write it, in one line, with the file as whoever stands in a folder would name it. */
export function faultLine(fault: Fault, workingFolder: string): string {
  const { file, subject, message } = fault;
  const below = file === undefined || !isAbsolute(file) ? file : relative(workingFolder, file);
  const near = below?.startsWith('..') === true ? file : below;
  const about = subject === undefined ? message : `${subject}: ${message}`;
  return plain(sentenceOf({ ...fault, file: near, message: about }));
}
