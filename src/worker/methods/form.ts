import { isRecord } from '../protocol/frame.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Whether what a user filled in satisfies the form: a flat object of texts, numbers, yes or no, and
 * choices, which is all that a form may hold (2025-11-25, client/elicitation, requested schema). Formats are not judged.
 */
export function fits(schema: Json, content: unknown): boolean {
  if (!isRecord(content)) return false;
  const { properties = {}, required = [] } = schema;
  if (!isRecord(properties) || !Array.isArray(required)) return false;
  if (!required.every((name) => typeof name === 'string' && Object.hasOwn(content, name))) {
    return false;
  }
  return Object.entries(content).every(([name, value]) => {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined;
    return !isRecord(field) || fitsField(field, value);
  });
}

function fitsField(field: Json, value: unknown): boolean {
  switch (field.type) {
    case 'string':
      return (
        typeof value === 'string' &&
        isWithin(field.minLength, Array.from(value).length, field.maxLength) &&
        isChosen(field, 'oneOf', value)
      );
    case 'number':
      return typeof value === 'number' && isWithin(field.minimum, value, field.maximum);
    case 'integer':
      return Number.isInteger(value) && isWithin(field.minimum, Number(value), field.maximum);
    case 'boolean':
      return typeof value === 'boolean';
    case 'array': {
      const { items } = field;
      return (
        Array.isArray(value) &&
        isWithin(field.minItems, value.length, field.maxItems) &&
        value.every((item) => !isRecord(items) || isChosen(items, 'anyOf', item))
      );
    }
    default:
      return true;
  }
}

/** Choices are listed under `enum`, or with titles. */
function isChosen(field: Json, titled: 'oneOf' | 'anyOf', value: unknown): boolean {
  const choices = field[titled];
  if (Array.isArray(field.enum)) return field.enum.includes(value);
  if (!Array.isArray(choices)) return true;
  return choices.some((choice: unknown) => isRecord(choice) && choice.const === value);
}

function isWithin(min: unknown, value: number, max: unknown): boolean {
  return !(typeof min === 'number' && value < min) && !(typeof max === 'number' && value > max);
}
