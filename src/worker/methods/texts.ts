import { isRecord } from '../protocol/frame.ts';

/** Whether something is an object of texts, as the arguments of prompts are (schema: `GetPromptRequestParams`). */
export function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isRecord(value) && Object.values(value).every((text) => typeof text === 'string');
}
