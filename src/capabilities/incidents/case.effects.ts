import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { closeForCase } from '#rooms/monitoring/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { isolate, openExamination, releaseDevice } from './access/index.ts';
import { presentSeniors } from './case.facts.ts';
import { tellOfHalt } from './case.halt.ts';
import type { Standing, Step } from './case.judge.ts';
import { leadsOf } from './case.leads.ts';
import { tellLead, tellManager, tellMember } from './case.letters.ts';
import { actingLead } from './cases.rules.ts';
import type { CaseFile } from './cases.store.ts';
import { wakeWhenDue } from './clocks/clocks.wake.ts';
import { makeForm } from './closing/form.service.ts';
import { releaseSeal, sealEvidence } from './evidence/index.ts';
import { giveFollowUp, isKind } from './follow-ups/follow-ups.store.ts';
import { goOn, overturn, pauseFor } from './sanctions/appeals.ts';
import { carryOut } from './sanctions/carry-out.ts';
import { giveTask } from './sanctions/tasks.service.ts';
import { endOf } from './sanctions/words.ts';
import { tellItWasDealtWith } from './summary/notices.ts';

interface Moment {
  readonly deps: Deps;
  readonly tx: Tx;
  readonly viewer: Viewer;
  readonly before: Standing;
  readonly after: CaseFile;
  readonly step: Step;
}
type Effect = (m: Moment) => Promise<void>;

/** What a step brings about beyond the case itself, in the same transaction: an effect a row. */
const EFFECTS: readonly { readonly when: (m: Moment) => boolean; readonly effect: Effect }[] = [
  {
    when: (m) => m.step.action === 'assign' && m.step.person !== undefined,
    effect: (m) => tellManager(m.deps, m.tx, m.viewer, m.after, m.step.person ?? ''),
  },
  {
    when: (m) => m.step.action === 'join' && m.step.person !== undefined,
    effect: (m) => tellMember(m.deps, m.tx, m.viewer, m.after, m.step.person ?? ''),
  },
  { when: (m) => duesChanged(m), effect: (m) => wakeWhenDue(m.tx, m.after, m.deps.clock.now()) },
  { when: (m) => keptFromMore(m) || (m.after.restricted && !m.before.file.restricted), effect: tellNewLeads },
  {
    // AIG-02: also where the type that was recorded says so.
    when: (m) => m.step.action === 'suspect' || (m.after.imagery && !m.before.file.imagery),
    effect: async (m) => {
      await sealEvidence(m.deps, m.tx, m.after.id);
      await tellOfHalt(m.deps, m.tx, m.viewer, m.after);
    },
  },
  {
    when: (m) => m.step.action === 'not-imagery',
    effect: (m) =>
      releaseSeal(m.deps, m.tx, m.viewer, m.after.id, {
        authority: m.step.detail?.decision === 'police' ? 'police' : 'dsl',
        decision: `${m.step.detail?.reference}: ${m.step.text}`,
      }),
  },
  // What ends it is in the database (migrations/0024): whatever way a case leaves its examination, its access is over.
  {
    when: (m) => m.step.action === 'examine' || m.step.action === 'renew-access',
    effect: (m) =>
      openExamination(m.deps, m.tx, contextOf(m.viewer), {
        case: m.after.id,
        computer: m.after.computer,
        people: presentSeniors(m.before.facts),
      }),
  },
  {
    when: (m) => m.step.action === 'isolate' && given(m, 'address') !== '',
    effect: (m) =>
      isolate(m.deps, m.tx, contextOf(m.viewer), {
        case: m.after.id,
        address: given(m, 'address'),
        device: given(m, 'device'),
      }),
  },
  {
    when: (m) => m.step.action === 'release-device',
    effect: (m) => releaseDevice(m.deps, m.tx, contextOf(m.viewer), m.after.id, given(m, 'isolation')),
  },
  {
    when: (m) => m.step.action === 'sanction',
    effect: (m) => carryOut({ ...m, file: m.after, facts: m.before.facts }, m.step.detail ?? {}, m.step.person ?? ''),
  },
  {
    when: (m) => m.step.action === 'task' && m.step.person !== undefined,
    effect: async (m) => {
      await giveTask(m.deps, m.tx, m.viewer, {
        caseId: m.after.id,
        sanction: null,
        kind: 'task',
        text: (m.step.text ?? '').trim(),
        to: m.step.person ?? '',
        due: endOf(given(m, 'due'), m.viewer.school.timeZone),
      });
    },
  },
  {
    when: (m) => m.step.action === 'appeal-made' && given(m, 'kind') === 'appeal',
    effect: (m) => pauseFor({ ...m, caseId: m.after.id }, given(m, 'sanction')),
  },
  {
    when: (m) => m.step.action === 'appeal',
    effect: async (m) => {
      const [one, decision] = [given(m, 'sanction'), given(m, 'decision')];
      const heard = m.before.story.appeals.filter((id) => one === '' || id === one);
      for (const sanction of heard) {
        if (decision === 'upheld') await overturn({ ...m, caseId: m.after.id }, sanction);
        if (decision === 'dismissed') await goOn({ ...m, caseId: m.after.id }, sanction);
      }
    },
  },
  {
    when: (m) => m.after.state === 'closed' && m.before.file.state !== 'closed',
    effect: (m) =>
      closeForCase(m.tx, m.deps, contextOf(m.viewer), {
        case: m.after.id,
        reason: `Case ${m.after.reference} is closed.`,
      }),
  },
  {
    when: (m) => m.after.state === 'closed' && m.before.file.state !== 'closed',
    effect: (m) => makeForm(m.deps, m.tx, m.viewer, m.after),
  },
  {
    when: (m) => m.after.outcome !== null && m.before.file.outcome === null,
    effect: (m) => tellItWasDealtWith(m.deps, m.tx, m.viewer, m.after),
  },
  {
    when: (m) => m.step.action === 'lessons' && m.step.person !== undefined,
    effect: async (m) => {
      const kind = m.step.detail?.lesson;
      const { text = '', person: owner = '' } = m.step;
      if (isKind(kind))
        await giveFollowUp(m.deps, m.tx, m.viewer, { case: m.after.id, kind, text, owner, due: given(m, 'due') });
    },
  },
];

export async function followUp(
  deps: Deps,
  tx: Tx,
  viewer: Viewer,
  before: Standing,
  after: CaseFile,
  step: Step,
): Promise<void> {
  const moment = { deps, tx, viewer, before, after, step };
  for (const { when, effect } of EFFECTS) if (when(moment)) await effect(moment);
}

const given = (m: Moment, field: string): string => String(m.step.detail?.[field] ?? '');

const duesChanged = ({ before, after }: Moment): boolean =>
  after.first_action_due?.getTime() !== before.file.first_action_due?.getTime() ||
  after.outcome_due?.getTime() !== before.file.outcome_due?.getTime();

const keptFromMore = ({ before, after }: Moment): boolean =>
  after.subjects.length > before.file.subjects.length || after.conflicted.length > before.file.conflicted.length;

/** Whoever leads from now on, and did not before, learns of it. */
async function tellNewLeads({ deps, tx, viewer, before, after }: Moment): Promise<void> {
  const was = actingLead(before.leads, before.file);
  const leads = await leadsOf(tx, deps.clock.now(), after);
  await tellLead(
    deps,
    tx,
    viewer,
    after,
    actingLead(leads, after).filter((id) => !was.includes(id)),
  );
}
