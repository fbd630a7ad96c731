import {
  isBoolean,
  isListOf,
  isOneOf,
  isOptional,
  isShaped,
  isString,
  type Shaped,
} from '../../../shared/shape.ts';
import type { Icon } from '../../domain/content.ts';
import { isRecord } from '../../protocol/frame.ts';
import type { ToolAnnotations } from '../tool.ts';

const LISTED = {
  name: isString,
  title: isOptional(isString),
  description: isOptional(isString),
  inputSchema: isRecord,
  outputSchema: isOptional(isRecord),
  annotations: isOptional(isRecord),
} as const;
/** A tool as its server lists it (2025-11-25, schema: `Tool`). */
export type ListedTool = Shaped<typeof LISTED>;
const isListed = isShaped(LISTED);

const isIcon = isShaped({
  src: isString,
  mimeType: isOptional(isString),
  sizes: isOptional(isListOf(isString)),
  theme: isOptional(isOneOf(['light', 'dark'])),
});
/** More pictures of one thing than anybody chooses from. */
const ICONS_MAX = 16;
const HINTS = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'] as const;

/** What is listed, if it is a tool at all. */
export function findListed(value: unknown): ListedTool | undefined {
  return isListed(value) ? value : undefined;
}

/** Whether it can only be called in a way that we do not know (2025-11-25, basic/utilities/tasks). */
export function needsTask(listed: object): boolean {
  return (
    'execution' in listed &&
    isRecord(listed.execution) &&
    listed.execution.taskSupport === 'required'
  );
}

/** What a person is shown of it. Before 2025-06-18 it was one of the annotations. */
export function titleOf({ title, annotations }: ListedTool): string | undefined {
  return title ?? (isString(annotations?.title) ? annotations.title : undefined);
}

/** The hints among its annotations, if there are any. */
export function annotationsOf({ annotations }: ListedTool): ToolAnnotations | undefined {
  if (annotations === undefined) return undefined;
  const hints = HINTS.flatMap((name) => {
    const hint = annotations[name];
    return isBoolean(hint) ? [[name, hint] as const] : [];
  });
  return hints.length === 0 ? undefined : Object.fromEntries(hints);
}

/** Its pictures, without those that nobody should be shown: an address of another kind may lead anywhere. */
export function iconsOf(listed: object): readonly Icon[] | undefined {
  if (!('icons' in listed) || !Array.isArray(listed.icons)) return undefined;
  const icons = listed.icons.slice(0, ICONS_MAX).flatMap((icon: unknown) => {
    if (!isIcon(icon) || !/^(?:https:\/\/|data:image\/)/i.test(icon.src)) return [];
    const { src, mimeType, sizes, theme } = icon;
    return [
      {
        src,
        ...(mimeType === undefined ? {} : { mimeType }),
        ...(sizes === undefined ? {} : { sizes }),
        ...(theme === undefined ? {} : { theme }),
      },
    ];
  });
  return icons.length === 0 ? undefined : icons;
}
