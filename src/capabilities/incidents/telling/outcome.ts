import { MINUTE } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { School } from '#platform/school.ts';
import { raise } from '#rooms/monitoring/index.ts';
import type { Viewer } from '#web/index.ts';
import type { About } from './about.ts';
import { isWitness, KIND } from './kinds.ts';
import { namesIn, peopleNamed } from './people-named.ts';
import { alertRoute, holdersOf, type Recipients } from './recipients.ts';
import { tellOf } from './report.letters.ts';
import { changeReport, type Report } from './report.store.ts';
import type { Told } from './tell.service.ts';
import { openToldCase } from './told-case.ts';

/** A report that was just told, with everything that says what becomes of it. */
export interface Telling {
  readonly school: School;
  readonly viewer: Viewer | null;
  readonly told: Told;
  readonly about: About;
  readonly to: Recipients;
  readonly urgency: 'urgent' | 'soon';
  readonly report: Pick<
    Report,
    'id' | 'school_id' | 'reference' | 'kind' | 'words' | 'kept_from' | 'leads' | 'imagery'
  >;
}

/** It goes to whom the policy names, first the holders, then the deputies, then up the escalation, until somebody has it. */
export async function raiseAlert(tx: Tx, deps: Deps, telling: Telling, opened: string | null): Promise<string> {
  const { report, viewer, told, about, to, urgency } = telling;
  const now = deps.clock.now();
  const shielded = isWitness(told.part);
  const { id } = await raise(tx, deps, {
    school: report.school_id,
    subject: about.subjects.length === 1 ? (about.subjects[0] ?? null) : null,
    keptFrom: about.keptFrom,
    detector: 'told',
    category: null,
    urgency,
    clause: to.clause,
    lines: [
      {
        at: new Date(now).toISOString(),
        host: '',
        category: null,
        outcome: '',
        via: 'told',
        text: report.words,
        told: {
          by: shielded ? null : (viewer?.person.id ?? null),
          name: shielded || viewer ? null : told.name.trim() || null,
          about: told.part === 'happened' ? 'me' : shielded ? 'someone-else' : null,
          safe: told.safe ?? 'unsure',
          report: report.reference,
          ...(shielded && { shielded }),
          ...(report.imagery && { imagery: true }),
        },
      },
    ],
    openKey: null,
    route: await alertRoute(tx, now, to, urgency),
  });
  if (opened) await tx.updateTable('alert').set({ case_id: opened }).where('id', '=', id).execute();
  return id;
}

/** The case of misuse, of a suspected image, or of children whom a fault touched (ALR-02, EVI-03, FIL-16). */
export async function openCase(tx: Tx, deps: Deps, telling: Telling): Promise<string> {
  const { school, report, told, about, to, urgency } = telling;
  const fault = KIND[told.kind].form === 'fault';
  const recipients = fault
    ? []
    : [
        ...(await holdersOf(tx, to.roles, 'holder', report.kept_from)),
        ...(await holdersOf(tx, to.roles, 'deputy', report.kept_from)),
      ];
  const { id } = await openToldCase(tx, deps, school, {
    title: fault ? 'A fault that touched children' : `${KIND[told.kind].name}: somebody told us`,
    category: told.category,
    urgency,
    subjects: about.subjects,
    keptFrom: about.keptFrom,
    affected: (await peopleNamed(tx, told.names)).sure.map((p) => p.id),
    recipients: recipients.map((h) => h.id),
    imagery: report.imagery,
    text: [
      `From report ${report.reference}: ${report.words}`,
      ...(told.who.trim() ? [`About, as whoever told us wrote it: ${namesIn(told.who).join(', ')}`] : []),
      ...(told.children ? [`Children affected: ${namesIn(told.names).join(', ')}`] : []),
    ].join('\n\n'),
  });
  return id;
}

/** What no alert carries has its own clock: letters at once, and the deputies when nobody took it up in time. */
export async function beginClock(tx: Tx, deps: Deps, { report, to }: Telling, withCase: boolean): Promise<void> {
  const people = new Map<string, { id: string; email: string | null }>();
  for (const role of to.roles) {
    const own = await holdersOf(tx, [role], 'holder', report.kept_from);
    // Of a role that nobody holds the deputies hear at once.
    for (const p of own.length ? own : await holdersOf(tx, [role], 'deputy', report.kept_from)) people.set(p.id, p);
  }
  // ALR-03: whoever leads hears of every case, also where the policy sends the report to others.
  for (const p of withCase ? await addressesOf(tx, report.leads) : []) people.set(p.id, p);
  await tellOf(tx, deps, report, [...people.values()], { step: 0, why: 'new' });
  const due = to.within === null ? null : new Date(deps.clock.now() + to.within * MINUTE);
  await changeReport(tx, report.id, { told: [...people.keys()], due_at: due });
}

/** Where these people get their letters. */
export const addressesOf = async (tx: Tx, ids: readonly string[]): Promise<{ id: string; email: string | null }[]> =>
  ids.length
    ? tx
        .selectFrom('person')
        .select(['id', 'email'])
        .where('id', 'in', [...ids])
        .execute()
    : [];
