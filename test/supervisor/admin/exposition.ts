/** One sample of a scrape: its name with its labels, as they stand in the text, and its value. */
export type Samples = ReadonlyMap<string, number>;

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = String.raw`[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"`;
const NUMBER = String.raw`[+-]?(?:Inf|\d+(?:\.\d+)?(?:e[+-]?\d+)?)`;
const SAMPLE = new RegExp(String.raw`^(${NAME})((?:\{${LABEL}(?:,${LABEL})*\})?) (${NUMBER})$`);
const HELP = new RegExp(`^# HELP (${NAME}) .+$`);
const TYPE = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram)$`);

/** Reads a scrape line by line, as strictly as Prometheus' text format 0.0.4 is written down. Throws if a line is wrong, or stands in the wrong place. */
export function parseExposition(text: string): Samples {
  if (!text.endsWith('\n')) throw new Error('The last line must end');
  const samples = new Map<string, number>();
  const declared = new Map<string, string>();
  let family = '';
  for (const line of text.split('\n')) {
    if (line === '' || HELP.test(line)) continue;
    const [, name = '', type = ''] = TYPE.exec(line) ?? [];
    if (name !== '') {
      if (declared.has(name)) throw new Error(`${name} is declared twice`);
      declared.set(name, type);
      family = name;
      continue;
    }
    const [, metric, labels, value] = SAMPLE.exec(line) ?? [];
    if (metric === undefined) throw new Error(`This is no sample: ${line}`);
    const parts = declared.get(family) === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
    if (!parts.some((part) => metric === family + part)) {
      throw new Error(`${metric} stands under ${family}`);
    }
    const key = `${metric}${labels}`;
    if (samples.has(key)) throw new Error(`${key} stands there twice`);
    samples.set(key, Number(value?.replace('Inf', 'Infinity')));
  }
  return samples;
}

/** The sum of all samples of a name. */
export function sumOf(samples: Samples, name: string): number {
  return [...samples]
    .filter(([key]) => key === name || key.startsWith(`${name}{`))
    .reduce((sum, [, value]) => sum + value, 0);
}
