/** What a call costs here, and elsewhere: CPU of all server processes per answer, against a floor that does nothing but answer, in turns. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type Budget, excessesOf } from './budget.ts';
import { floorsOf } from './contenders/floors.ts';
import { oursOf } from './contenders/ours.ts';
import { peersOf } from './contenders/peers.ts';
import { comparisonsOf, figuresOf } from './figures.ts';
import { markdownOf, type Report } from './report.ts';
import { type Measured, measureInTurns, type Plan } from './rounds.ts';
import { type Case, type Contender, casesOf, type Extent, nameOf, rowsOf } from './rows.ts';
import { Servers } from './servers.ts';

const PLANS: Readonly<Record<Extent, Plan>> = {
  quick: { rounds: 5, sliceMs: 250, warmUpAnswers: 40_000, warmUpMs: 7_000 },
  usual: { rounds: 6, sliceMs: 500, warmUpAnswers: 40_000, warmUpMs: 12_000 },
  full: { rounds: 7, sliceMs: 500, warmUpAnswers: 40_000, warmUpMs: 15_000 },
};

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    markdown: { type: 'string' },
  },
});

await using servers = new Servers();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void servers[Symbol.asyncDispose]().finally(() => process.exit(1));
  });
}
const extent = options.quick ? 'quick' : options.full ? 'full' : 'usual';
const plan = { ...PLANS[extent], ...(options.rounds && { rounds: Number(options.rounds) }) };
const measured = await measureAll(
  casesOf(extent),
  [floorsOf, oursOf, peersOf].flatMap((of) => of(servers)),
);
const report: Report = {
  figures: measured.flatMap(figuresOf),
  comparisons: measured.flatMap(comparisonsOf),
};
const markdown = `${markdownOf(report)}\n`;
process.stdout.write(markdown);
if (options.markdown !== undefined) writeFileSync(options.markdown, markdown);
if (options.json !== undefined) writeFileSync(options.json, JSON.stringify(report, null, 2));
const complaints = complaintsOf(report);
for (const complaint of complaints) process.stderr.write(`${complaint}\n`);
process.exitCode = complaints.length === 0 ? 0 : 1;

/** Case by case: what is compared is measured within seconds of each other. */
async function measureAll(
  cases: readonly Case[],
  contenders: readonly Contender[],
): Promise<readonly (readonly Measured[])[]> {
  const all: (readonly Measured[])[] = [];
  for (const of of cases) {
    const rows = rowsOf(of, contenders, options.only);
    if (rows.length === 0) continue;
    all.push(
      await measureInTurns(rows, plan, (progress) => {
        process.stderr.write(`${seconds()} s  ${nameOf(of)}: ${progress}\n`);
      }),
    );
  }
  return all;
}

/** What failed, and, of a quick run that left nothing out, what is over its budget. */
function complaintsOf({ figures }: Report): readonly string[] {
  const failed = figures.flatMap(({ name, failure }) =>
    failure === undefined ? [] : `${name}: failed: ${failure}`,
  );
  if (!options.quick || options.only !== '') return failed;
  const budget: Budget = JSON.parse(readFileSync(join(import.meta.dirname, 'budget.json'), 'utf8'));
  return [...failed, ...excessesOf(budget, figures)];
}

function seconds(): string {
  return (performance.now() / 1_000).toFixed(0).padStart(4);
}
