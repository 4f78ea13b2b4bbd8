import { availableParallelism, cpus, totalmem } from 'node:os';

/** One measured figure. `ratio` compares it with a peer that ran in the same run: ours divided by theirs. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly ratio?: { readonly peer: string; readonly value: number };
}

const BENCHES = ['index', 'lists', 'decide', 'dns', 'proxy', 'ingest', 'rehearsal', 'pages', 'swap', 'cases'] as const;

const wanted = process.argv.slice(2);
const unknown = wanted.find((w) => !BENCHES.includes(w as (typeof BENCHES)[number]));
if (unknown) {
  console.error(`"${unknown}" is not a benchmark. There are: ${BENCHES.join(', ')}.`);
  process.exit(2);
}

console.log(
  `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`,
);
for (const name of BENCHES.filter((b) => wanted.length === 0 || wanted.includes(b))) {
  const { run } = (await import(`./${name}.bench.ts`)) as { run: () => Promise<Figure[]> };
  console.log(`\n${name}`);
  for (const f of await run()) {
    const ratio = f.ratio ? `   ${f.ratio.value.toFixed(2)} x ${f.ratio.peer}` : '';
    console.log(`  ${f.name.padEnd(58)} ${format(f.value).padStart(12)} ${f.unit.padEnd(12)}${ratio}`);
  }
}
// Servers and pools that a benchmark leaves behind must not keep the command waiting.
process.exit(0);

function format(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 1 ? 2 : 4;
  return value.toLocaleString('en-GB', { maximumFractionDigits: digits });
}
