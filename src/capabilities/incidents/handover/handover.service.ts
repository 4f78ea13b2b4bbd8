import { dayIn } from '#core/days.ts';
import { conflict, forbidden, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import type { CaseActor } from '../case.facts.ts';
import { type Standing, standingOf } from '../case.judge.ts';
import { typesOf } from '../case.types.ts';
import { readingIn } from '../cases.readings.ts';
import { categoryName, enter } from '../cases.service.ts';
import { findCase } from '../cases.store.ts';
import { entryLine } from '../cases.words.ts';
import { csvOf } from '../lists/index.ts';
import { FORMATS, type Format, type HandoverLine, rowsOf } from './handover.formats.ts';

/** Who works on a case takes it into the record system. */
const HANDLERS: readonly CaseActor[] = ['lead', 'deputy', 'head', 'manager', 'senior'];
/** What was done for or about somebody, and who outside was told. */
const ACTIONS: readonly string[] = [
  'support',
  'act',
  'help',
  'inform',
  'contact',
  'police-decision',
  'to-police',
  'resolve',
];
const AGENCIES: readonly string[] = ['contact', 'police-decision'];

/** INC-24: what the case's page says of the record system; null where the policy knows none or it is not this reader's to do. */
export function recordOf({
  facts,
  story,
}: Standing): { readonly system: string; readonly reference: string | null } | null {
  const { externalRecord } = facts.procedure;
  if (!externalRecord || !mayHandOver(facts.parts)) return null;
  return { system: externalRecord.system, reference: story.recordedAt };
}
const mayHandOver = (parts: readonly CaseActor[]) => parts.some((p) => HANDLERS.includes(p));

/** The case as the record system wants it, a line for each pupil whom it is about or touches. */
export function handoverPage(deps: Deps, viewer: Viewer, which: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const standing = await standingFor(tx, deps, viewer, which);
    await readingIn(tx, deps, viewer, standing.file.id, 'printed');
    const lines = await linesOf(tx, standing, viewer.school.timeZone, deps.clock.now());
    return { file: standing.file, record: recordOf(standing), lines, formats: FORMATS };
  });
}

/** The same as a file, which is an entry of the case. */
export function exportHandover(deps: Deps, viewer: Viewer, which: string, format: Format) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const standing = await standingFor(tx, deps, viewer, which);
    const { file } = standing;
    const lines = await linesOf(tx, standing, viewer.school.timeZone, deps.clock.now());
    await readingIn(tx, deps, viewer, file.id, 'exported');
    const line = `Made ready for the safeguarding record system (${FORMATS[format].name})`;
    const same = { from: file.state, to: file.state };
    await enter(deps, tx, viewer, file, { action: 'hand-over', ...same, text: '', detail: { line, format } });
    return { name: `${file.reference}-${format}.csv`, csv: csvOf(rowsOf(format, lines)) };
  });
}

async function standingFor(tx: Tx, deps: Deps, viewer: Viewer, which: string): Promise<Standing> {
  const file = await findCase(tx, which);
  if (!file) throw notFound('this case');
  const standing = await standingOf(tx, viewer, file, deps.clock.now());
  if (!mayHandOver(standing.facts.parts))
    throw forbidden(
      'case.hand-over.not-yours',
      'Only those who lead or work on this case take it into the record system.',
    );
  // EVI-03: no route takes anything out of a case that was stopped.
  if (file.imagery)
    throw conflict(
      'case.hand-over.stopped',
      'This case is stopped: nothing comes out of it.',
      'Enter it in the record system by hand, in your own words and without any picture or address.',
    );
  return standing;
}

async function linesOf(tx: Tx, { file, entries }: Standing, timeZone: string, now: number): Promise<HandoverLine[]> {
  const touched = [...new Set([...file.subjects, ...file.affected])];
  const pupils =
    touched.length === 0
      ? []
      : await tx
          .selectFrom('person')
          .select(['id', 'display_name', 'year_group'])
          .where('id', 'in', touched)
          .where('kind', '=', 'pupil')
          .orderBy('display_name')
          .execute();
  const mentioned = entries.flatMap((e) => (typeof e.detail.person === 'string' ? [e.detail.person] : []));
  const who = await names(tx, [...new Set([...mentioned, ...(file.opened_by ? [file.opened_by] : [])])]);
  const document = (await policyInForce(tx, now))?.document;
  const types = new Map(document ? typesOf(document).map((t) => [t.id, t.name]) : []);
  const day = new Intl.DateTimeFormat('en-GB', { timeZone, day: '2-digit', month: '2-digit', year: 'numeric' });
  const time = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  const told = (actions: readonly string[]) =>
    entries
      .filter((e) => actions.includes(e.action))
      .map((e) => [`${day.format(e.at)}: ${entryLine(e, who, types)}`, e.text].filter(Boolean).join('. '))
      .join('\n');
  const same = {
    date: day.format(new Date(`${file.happened_on}T12:00Z`)),
    time: file.happened_on === dayIn(timeZone, file.opened_at) ? time.format(file.opened_at) : '',
    category: file.types.length > 0 ? file.types.map((t) => types.get(t) ?? t).join('; ') : categoryName(file.category),
    title: file.title,
    incident: [file.title, entries.find((e) => e.action === 'report')?.text].filter(Boolean).join('\n'),
    actions: told(ACTIONS),
    agencies: told(AGENCIES),
    reporter: (file.opened_by && who.get(file.opened_by)) || '',
    reference: file.reference,
  };
  const all = pupils.map((p) => ({ id: p.id, pupil: p.display_name, yearGroup: p.year_group?.toString() ?? '' }));
  const others = (id: string) =>
    all
      .filter((p) => p.id !== id)
      .map((p) => p.pupil)
      .join('; ');
  if (all.length === 0) return [{ pupil: '', yearGroup: '', linked: '', ...same }];
  return all.map(({ id, ...p }) => ({ ...p, linked: others(id), ...same }));
}
