import { isRecord, type Outgoing } from './frame.ts';

/** The JSON of what is sent again and again. */
const texts = new WeakMap<object, string>();

/** Has a list serialised now, and never again, in however many results it is sent. It must not change from then on. */
export function serialiseOnce<List extends readonly object[]>(list: List): List {
  texts.set(list, JSON.stringify(list));
  return list;
}

/** How long the JSON of a list is that was serialised. */
export function serialisedLengthOf(list: readonly object[]): number {
  return texts.get(list)?.length ?? 0;
}

/** A message as it crosses the wire. */
export function serialise(message: Outgoing): string {
  if (!('result' in message) || !holdsList(message.result)) return JSON.stringify(message);
  const members = Object.entries(message.result).flatMap(([name, value]: [string, unknown]) => {
    const text = textOf(value);
    return text === undefined ? [] : [`${JSON.stringify(name)}:${text}`];
  });
  return `{"jsonrpc":"2.0","id":${JSON.stringify(message.id)},"result":{${members.join(',')}}}`;
}

/** Each answer passes here: a list of all that is in it would be made only to be looked at. */
function holdsList(result: object): boolean {
  if (!isRecord(result)) return false;
  for (const name of Object.keys(result)) {
    const value = result[name];
    if (Array.isArray(value) && texts.has(value)) return true;
  }
  return false;
}

/** As JSON has it: nothing for what it leaves out. */
function textOf(value: unknown): string | undefined {
  const known = Array.isArray(value) ? texts.get(value) : undefined;
  return known ?? JSON.stringify(value);
}
