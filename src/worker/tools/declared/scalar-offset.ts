import { isScalar, type ParsedNode, Scalar } from 'yaml';

/**
 * Where in a file a character of a scalar stands. Exact in literal blocks (`|`), and in texts on one line that nothing is
 * escaped in; elsewhere, where lines are folded, it is where the scalar begins.
 */
export function findOffset(node: ParsedNode | null, text: string, at: number): number {
  const [start, end] = node?.range ?? [0, 0];
  if (!isScalar(node) || typeof node.value !== 'string') return start;
  if (node.type === Scalar.BLOCK_LITERAL) return inBlock(node.value, text, start, at);
  const quote = node.type === Scalar.PLAIN ? 0 : 1;
  const written = text.slice(start + quote, end - quote);
  return written === node.value ? start + quote + at : start;
}

/** Each of its lines is written as it is, behind as many spaces. */
function inBlock(value: string, text: string, start: number, at: number): number {
  const before = value.slice(0, at);
  const lineOf = before.split('\n').length;
  const lineStart = before.lastIndexOf('\n') + 1;
  let offset = start;
  for (let line = 0; line < lineOf; line += 1) offset = text.indexOf('\n', offset) + 1;
  const lineEnd = value.indexOf('\n', lineStart);
  const line = value.slice(lineStart, lineEnd < 0 ? undefined : lineEnd);
  const writtenEnd = text.indexOf('\n', offset);
  const written = text.slice(offset, writtenEnd < 0 ? undefined : writtenEnd).replace(/\r$/, '');
  return offset + Math.max(0, written.length - line.length) + (at - lineStart);
}
