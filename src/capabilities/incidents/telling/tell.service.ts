import { invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { School } from '#platform/school.ts';
import type { Viewer } from '#web/index.ts';
import { aboutWhom } from './about.ts';
import { digestOfCode, newCode, newReportReference } from './code.ts';
import { isWitness, KIND, type Kind, type Part } from './kinds.ts';
import { beginClock, openCase, raiseAlert } from './outcome.ts';
import { namesIn } from './people-named.ts';
import { leadsFor, recipientsFor, rowFor } from './recipients.ts';
import { changeReport, insertReport, insertTeller } from './report.store.ts';
import { namelessAllowed } from './telling.setting.ts';

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
    const telling = { school, viewer, told, about, to, urgency, report } as const;
    const opened = becomes === 'case' || imagery || told.children ? await openCase(tx, deps, telling) : null;
    const raised = becomes === 'alert' || imagery ? await raiseAlert(tx, deps, telling, opened) : null;
    await changeReport(tx, report.id, { alert_id: raised, case_id: opened });
    if (!raised) await beginClock(tx, deps, telling, opened !== null);
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
