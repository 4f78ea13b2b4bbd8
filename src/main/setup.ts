import { readFileSync } from 'node:fs';
import { invalid, Refusal } from '#core/errors.ts';
import { writeEnrolment } from '#gateway/gateway.ts';
import { controlUrl, dataPaths } from '#platform/config.ts';
import type { Deps } from '#platform/deps.ts';
import { type FirstPerson, readSetup, setUp } from '#rooms/governance/index.ts';

/** `npm run setup -- --file school.json`: the same as the pages in the browser, from a file (docs/school.example.json). */
export async function setupFromFile(deps: Deps, file: string): Promise<void> {
  const people = await setUp(deps, readFile(file), null, (enrolled) =>
    writeEnrolment(dataPaths(deps.config.data).gateway, {
      control: controlUrl(deps.config),
      ...enrolled,
    }),
  );
  console.log(report(people, deps.config.pagesUrl));
}

function readFile(file: string) {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof SyntaxError ? `is not JSON: ${cause.message}` : 'cannot be read';
    throw new Refusal('invalid', 'setup.file', `${file} ${why}.`, { cause });
  }
  try {
    return readSetup(value);
  } catch (e) {
    if (!(e instanceof Refusal) || !e.fields) throw e;
    const lines = Object.entries(e.fields).map(([path, why]) => `  ${path}: ${why}`);
    throw invalid(e.code, [`${file} cannot be used yet:`, ...lines].join('\n'), { ...e.fields });
  }
}

function report(people: readonly FirstPerson[], pagesUrl: string): string {
  const width = Math.max(...people.map((p) => p.username.length));
  return [
    'The school is set up. First passwords, shown only now:',
    '',
    ...people.map((p) => `  ${p.username.padEnd(width)}  ${p.password}  ${p.name} (${p.part})`),
    '',
    `Sign in at ${pagesUrl}/sign-in once Gatehouse runs (npm start).`,
  ].join('\n');
}
