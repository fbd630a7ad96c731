import { assertJson } from '../shared/json.ts';
import type { Fault } from '../shared/proof.ts';
import type { Lists } from '../worker/held-catalogue.ts';
import { dressListing, dressTool } from '../worker/protocol/dress.ts';
import { findRevision, type Revision, TRAITS } from '../worker/protocol/revisions.ts';
import { LoadFailure } from '../worker/tools/load/load-failure.ts';

const REVISIONS = Object.keys(TRAITS).flatMap((name) => findRevision(name) ?? []);

/** Shows each thing on a list as each revision has it. Returns what cannot be shown. */
export function dryRun({ tools, resources, prompts }: Lists): readonly Fault[] {
  return [
    ...tools.tools.flatMap(({ listing, origin: { source } }) =>
      tryToShow(source, listing.name, (revision) => dressTool(listing, revision)),
    ),
    ...[...resources.resources, ...resources.templates].flatMap(({ resource, source }) => {
      const { uri, name, title, icons, description, annotations, size } = resource;
      const listed = { name, title, icons, description };
      return tryToShow(source, uri, (revision) => {
        return { ...dressListing(listed, revision), annotations, size };
      });
    }),
    ...prompts.prompts.flatMap(({ prompt, source }) => {
      const { name, title, icons, description, arguments: all } = prompt;
      const listed = { name, title, icons, description };
      return tryToShow(source, name, (revision) =>
        [listed, ...all].map((each) => dressListing(each, revision)),
      );
    }),
  ];
}

function tryToShow(
  source: string,
  name: string,
  show: (revision: Revision) => object,
): readonly Fault[] {
  try {
    for (const revision of REVISIONS) assertJson(show(revision));
    return [];
  } catch (error) {
    return LoadFailure.of(error, source, name).faults;
  }
}
