import { MINUTE } from '#core/clock.ts';
import { invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { School } from '#platform/school.ts';
import { type RoleId, SAFEGUARDING_ROLES } from '#policy/types.ts';
import { holders } from '#rooms/identity/index.ts';
import { raise } from '#rooms/monitoring/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { digestOfCode, newCode, newReportReference } from './code.ts';
import { isWitness, KIND, type Kind, type Part } from './kinds.ts';
import { namesIn, peopleNamed } from './people-named.ts';
import { alertRoute, holdersOf, leadsFor, type Recipients, recipientsFor, reportRoles, rowFor } from './recipients.ts';
import { tellOf } from './report.letters.ts';
import { changeReport, insertReport, insertTeller } from './report.store.ts';
import { openToldCase } from './told-case.ts';

export interface Told {
  readonly kind: Kind;
  readonly words: string;
  /** As they wrote it, when they are not signed in and want to say. */
  readonly name: string;
  readonly part: Part | null;
  readonly safe: 'yes' | 'no' | 'unsure' | null;
  /** "Somebody needs to see this straight away." */
  readonly now: boolean;
  /** Whether it may show a child's sexual image (EVI-03). */
  readonly picture: 'yes' | 'no' | 'unsure' | null;
  /** A role that deals with reports, when it is about somebody who holds it. */
  readonly role: string | null;
  /** Whom it is about, by name, one to a line. */
  readonly who: string;
  /** FIL-16. */
  readonly children: boolean;
  readonly names: string;
  /** What a block page led here. */
  readonly site: string | null;
  readonly category: string | null;
}

export interface Receipt {
  readonly reference: string;
  readonly code: string;
  readonly kind: Kind;
  readonly picture: boolean;
}

const MAX_WORDS = 5000;

/** May somebody tell this school something without saying who they are? Unless the school said no. */
export async function namelessAllowed(tx: Tx): Promise<boolean> {
  const { settings } = await tx.selectFrom('school').select('settings').executeTakeFirstOrThrow();
  return settings.tellNameless !== false;
}

/** Who sets that. */
export const SETTING_DUTIES: readonly RoleId[] = SAFEGUARDING_ROLES;

export const setNameless = (deps: Deps, viewer: Viewer, allowed: boolean): Promise<void> =>
  deps.db.in(contextOf(viewer), async (tx) => {
    const { settings } = await tx.selectFrom('school').select('settings').forUpdate().executeTakeFirstOrThrow();
    await tx
      .updateTable('school')
      .set({ settings: JSON.stringify({ ...settings, tellNameless: allowed }) })
      .where('id', '=', viewer.school.id)
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'settings.telling',
      object: { kind: 'school', id: viewer.school.id },
      detail: { nameless: allowed },
      at: deps.clock.now(),
    });
  });

/**
 * Somebody tells the school something, signed in or not (ALR-02..06, ALR-09, FIL-15). It is kept as a report, reaches those
 * whom the policy names for its kind, and becomes what its kind becomes. Whoever does not say that they are safe is taken not
 * to be. Nobody it may be about sees it or is told (ALR-10).
 */
export async function tellUs(deps: Deps, school: School, viewer: Viewer | null, told: Told): Promise<Receipt> {
  return deps.db.in(systemContext(school.id), async (tx) => {
    await check(tx, viewer, told);
    const now = deps.clock.now();
    const { form, becomes } = KIND[told.kind];
    const imagery = form === 'people' && (told.picture === 'yes' || told.picture === 'unsure');
    const about = await aboutWhom(tx, now, told);
    const to = await recipientsFor(tx, now, rowFor(told.kind, { ...about, imagery }));
    const urgency = form === 'people' && (told.now || imagery || told.safe !== 'yes') ? 'urgent' : 'soon';
    const code = newCode();
    const report = {
      id: newId(now),
      school_id: school.id,
      reference: newReportReference(),
      kind: told.kind,
      part: told.part,
      safe: told.safe,
      words: told.words.trim(),
      imagery,
      category: told.category,
      site: told.site,
      to_roles: [...to.roles],
      leads: [...(await leadsFor(tx, now, { subjects: about.keptFrom, conflicted: [] }))],
      kept_from: [...about.keptFrom],
      told: [],
      told_at: new Date(now),
      state: 'received' as const,
      within: to.within,
      children: told.children,
      code_digest: digestOfCode(code) as Buffer,
    };
    await insertReport(tx, report);
    await insertTeller(tx, {
      report_id: report.id,
      school_id: school.id,
      person: viewer?.person.id ?? null,
      name: viewer ? null : told.name.trim() || null,
      shielded: isWitness(told.part),
    });
    const opened =
      becomes === 'case' || imagery || told.children
        ? await openCase(tx, deps, school, report, told, about, to, urgency)
        : null;
    const raised =
      becomes === 'alert' || imagery ? await alert(tx, deps, report, viewer, told, about, to, urgency, opened) : null;
    await changeReport(tx, report.id, { alert_id: raised, case_id: opened });
    if (!raised) await beginClock(tx, deps, report, to, opened !== null);
    await record(tx, {
      school: school.id,
      actor: null,
      action: 'report.tell',
      object: { kind: 'report', id: report.id },
      detail: { kind: told.kind, imagery, alert: raised, case: opened },
      text: { words: report.words },
      at: now,
    });
    return { reference: report.reference, code, kind: told.kind, picture: imagery };
  });
}

async function check(tx: Tx, viewer: Viewer | null, told: Told): Promise<void> {
  const wrong: Record<string, string> = {};
  const words = told.words.trim();
  if (words.length < 2) wrong.words = 'Write a few words. They need not be perfect.';
  if (words.length > MAX_WORDS)
    wrong.words = `Send the first part now, up to ${MAX_WORDS} letters. You can send the rest after it.`;
  if (!viewer && told.name.trim() === '' && !(await namelessAllowed(tx)))
    wrong.name =
      'Your school asks for your name. If you do not want to say it, Childline listens without one: 0800 1111.';
  if (told.children && namesIn(told.names).length === 0)
    wrong.names = 'Write the names of the children it affects, one to a line.';
  if (Object.keys(wrong).length > 0)
    throw invalid(
      'tell.words',
      wrong.words ? 'Please tell us what happened.' : 'There is one more thing to say.',
      wrong,
    );
}

interface About {
  /** Of whom it is known to be about; and everybody it may be about, from whom it is kept. */
  readonly subjects: readonly string[];
  readonly keptFrom: readonly string[];
  readonly aboutHead: boolean;
  readonly aboutAdult: boolean;
}

/** Everybody who holds the role that was chosen, and those named. */
async function aboutWhom(tx: Tx, now: number, told: Told): Promise<About> {
  if (told.role !== null && !(await reportRoles(tx, now)).some((r) => r.role === told.role)) {
    const text = 'Choose one of the people in the list.';
    throw invalid('tell.role', text, { role: text });
  }
  const ofRole = told.role === null ? [] : await holders(tx, told.role);
  const principal = ofRole.filter((p) => p.rank === 'holder');
  const named = await peopleNamed(tx, told.who);
  const subjects = [...(principal.length === 1 ? principal.map((p) => p.id) : []), ...named.sure.map((p) => p.id)];
  const keptFrom = [...new Set([...ofRole.map((p) => p.id), ...named.possible.map((p) => p.id)])];
  const heads = await holders(tx, 'head');
  const works = named.sure.some((p) => p.kind !== 'pupil' && p.kind !== 'parent');
  return {
    subjects: [...new Set(subjects)],
    keptFrom,
    aboutHead: heads.some((h) => keptFrom.includes(h.id)),
    aboutAdult: told.role !== null || works,
  };
}

type NewReport = {
  readonly id: string;
  readonly school_id: string;
  readonly reference: string;
  readonly words: string;
  readonly kind: Kind;
  readonly kept_from: string[];
  readonly leads: string[];
  readonly imagery: boolean;
};

/** It goes to whom the policy names, first the holders, then the deputies, then up the escalation, until somebody has it. */
async function alert(
  tx: Tx,
  deps: Deps,
  report: NewReport,
  viewer: Viewer | null,
  told: Told,
  about: About,
  to: Recipients,
  urgency: 'urgent' | 'soon',
  opened: string | null,
): Promise<string> {
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

async function openCase(
  tx: Tx,
  deps: Deps,
  school: School,
  report: NewReport,
  told: Told,
  about: About,
  to: Recipients,
  urgency: 'urgent' | 'soon',
): Promise<string> {
  const fault = KIND[told.kind].form === 'fault';
  const recipients = fault ? [] : await everybody(tx, to, report.kept_from);
  const { id } = await openToldCase(tx, deps, school, {
    title: fault ? 'A fault that touched children' : `${KIND[told.kind].name}: somebody told us`,
    category: told.category,
    urgency,
    subjects: about.subjects,
    keptFrom: about.keptFrom,
    affected: (await peopleNamed(tx, told.names)).sure.map((p) => p.id),
    recipients,
    imagery: report.imagery,
    text: [
      `From report ${report.reference}: ${report.words}`,
      ...(told.who.trim() ? [`About, as whoever told us wrote it: ${namesIn(told.who).join(', ')}`] : []),
      ...(told.children ? [`Children affected: ${namesIn(told.names).join(', ')}`] : []),
    ].join('\n\n'),
  });
  return id;
}

const everybody = async (tx: Tx, to: Recipients, keptFrom: readonly string[]) => {
  const both = [
    ...(await holdersOf(tx, to.roles, 'holder', keptFrom)),
    ...(await holdersOf(tx, to.roles, 'deputy', keptFrom)),
  ];
  return [...new Set(both.map((h) => h.id))];
};

/** What no alert carries has its own clock: letters at once, and the deputies when nobody took it up in time. */
async function beginClock(tx: Tx, deps: Deps, report: NewReport, to: Recipients, withCase: boolean): Promise<void> {
  const first = await firstOf(tx, to.roles, report.kept_from);
  // ALR-03: whoever leads hears of every case, also where the policy sends the report to others.
  const leads = withCase ? report.leads.filter((id) => !first.some((p) => p.id === id)) : [];
  const mails = leads.length
    ? await tx.selectFrom('person').select(['id', 'email']).where('id', 'in', leads).execute()
    : [];
  const people = [...first, ...mails];
  await tellOf(tx, deps, report, people, { step: 0, why: 'new' });
  const due = to.within === null ? null : new Date(deps.clock.now() + to.within * MINUTE);
  await changeReport(tx, report.id, { told: people.map((p) => p.id), due_at: due });
}

/** The holders of the roles; of one that nobody holds its deputies, at once. */
async function firstOf(tx: Tx, roles: readonly string[], keptFrom: readonly string[]) {
  const found = new Map<string, { id: string; email: string | null }>();
  for (const role of roles) {
    const own = await holdersOf(tx, [role], 'holder', keptFrom);
    for (const p of own.length ? own : await holdersOf(tx, [role], 'deputy', keptFrom)) found.set(p.id, p);
  }
  return [...found.values()];
}
