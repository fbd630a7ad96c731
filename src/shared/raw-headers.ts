/**
 * The values of a header, as often as it came: of one that must not come twice, what Node makes of headers has but the
 * first. Names and values come in turn; `name` is in lower case.
 */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const header = rawHeaders[index];
    const isIt = header?.length === name.length && header.toLowerCase() === name;
    if (isIt) values.push(rawHeaders[index + 1] ?? '');
  }
  return values;
}
