import type { CopyRow, CopyRows } from '../../domain/database.ts';

const CHUNK_BYTES = 65_536;

/** The rows as they are, and a note of what went wrong in making them. */
export async function* noteFault(
  rows: CopyRows,
  source: { fault: unknown },
): AsyncGenerator<CopyRow> {
  try {
    yield* rows;
  } catch (error) {
    source.fault = error;
    throw error;
  }
}

/** Rows in the text format of COPY, in chunks large enough not to matter. */
export async function* encodeCopy(rows: AsyncIterable<CopyRow>): AsyncGenerator<string> {
  let chunk = '';
  for await (const row of rows) {
    chunk += `${row.map(encodeCell).join('\t')}\n`;
    if (chunk.length < CHUNK_BYTES) continue;
    yield chunk;
    chunk = '';
  }
  yield chunk;
}

function encodeCell(cell: CopyRow[number]): string {
  if (cell === null) return '\\N';
  return String(cell)
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
}
