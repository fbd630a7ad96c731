import { LoadFailure } from '../load/load-failure.ts';
import type { LoadFile } from '../load/loaded.ts';
import type { Tool } from '../tool.ts';
import { readDocuments } from './document.ts';
import { declareTool } from './tool.ts';

/** Loads a file of tools that are declared: one in each of its YAML documents. Says of all that are wrong what it is. */
export const loadYaml: LoadFile = async (file, options) => {
  const documents = await readDocuments(file);
  if (documents.length === 0) throw LoadFailure.of('has no tool in it', file.path);
  const tools: Tool[] = [];
  const faults = documents.flatMap((document) => {
    try {
      tools.push(declareTool(document, options));
      return [];
    } catch (error) {
      return LoadFailure.of(error, file.path).faults;
    }
  });
  if (faults.length > 0) throw new LoadFailure(faults);
  return { tools: tools.map((tool) => ({ tool })) };
};
