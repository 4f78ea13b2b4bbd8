import assert from 'node:assert/strict';
import { digestToken } from '#core/ids.ts';
import { type PolicyDocument, shippedPolicy } from '#policy/index.ts';
import type { TestDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import type { Step } from '../case.judge.ts';
import { sanctionsSide } from '../case.sanctions.ts';
import { logCase, takeStep } from '../cases.service.ts';
import { readDecision, type Typed } from './decision.ts';
import { takeTaskStep } from './tasks.service.ts';
import { type Task, tasksOf } from './tasks.store.ts';

/** For this folder's tests: a school under a shipped policy, changed as wanted, with cases that were judged. */
export interface SanctionSchool {
  readonly s: TestSchool;
  readonly lead: Part;
  /** A case about these people in which substance was found, or not; its reference. */
  judged(
    about?: readonly Part[],
    more?: {
      readonly category?: string;
      /** The row of the policy that it touches. */
      readonly row?: string;
      readonly happenedOn?: string;
      readonly verdict?: 'substance' | 'no-substance';
    },
  ): Promise<string>;
  step(by: Part, which: string, action: Step['action'], more?: Omit<Partial<Step>, 'action'>): Promise<unknown>;
  decide(by: Part, which: string, typed: Typed): Promise<unknown>;
  tasks(which: string): Promise<Task[]>;
  task(which: string, kind: string): Promise<Task>;
  move(
    by: Part,
    task: string,
    action: Parameters<typeof takeTaskStep>[4]['action'],
    more?: { text?: string; person?: string },
  ): Promise<Task>;
}

export const WHY: Typed = {
  circumstances: 'In a free hour, with two others looking on.',
  nature: 'A game in the lesson, in spite of being asked to stop.',
  seriousness: 'It kept others from their work and hurt nobody.',
  account: 'He says that he was bored and that he is sorry.',
  text: 'He has done it once, and talking has not been tried yet.',
};

export async function sanctionSchool(
  t: TestDatabase,
  policy: 'secondary-school' | 'tuition-centre',
  change: (doc: PolicyDocument) => PolicyDocument = (doc) => doc,
): Promise<SanctionSchool> {
  const s = await testSchool(t);
  const document = JSON.stringify(change(shippedPolicy(policy)));
  await t.asOwner(
    `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 1, $2, $3, $4)`,
    [s.id, document, digestToken(document), new Date(s.clock.now() - 1000)],
  );
  const centre = policy === 'tuition-centre';
  if (centre)
    await t.asOwner(
      `insert into role_holding (school_id, person_id, role, rank) values ($1, $2, 'centre-lead', 'holder')`,
      [s.id, s.people.coordinator.id],
    );
  const lead: Part = centre ? 'coordinator' : 'dsl';
  const second: Part = centre ? 'dsl' : 'dslDeputy';
  const viewerOf = (part: Part) => {
    const { viewer } = s.people[part];
    return centre && part === lead ? { ...viewer, duties: [...viewer.duties, 'centre-lead'] } : viewer;
  };
  const side = sanctionsSide(s.deps);
  const step: SanctionSchool['step'] = (by, which, action, more = {}) =>
    takeStep(s.deps, viewerOf(by), which, { action, text: 'In words that somebody else understands.', ...more });
  const tasks = (which: string) =>
    t.db.in(s.people.dsl.context, async (tx) => {
      const file = await tx
        .selectFrom('case_file')
        .select('id')
        .where('reference', '=', which)
        .executeTakeFirstOrThrow();
      return tasksOf(tx, file.id);
    });
  return {
    s,
    lead,
    step,
    tasks,
    judged: async (about = ['year8'], more = {}) => {
      const { reference: c } = await logCase(s.deps, viewerOf('staff'), {
        title: 'Something that happened',
        category: more.category ?? null,
        urgency: 'soon',
        happenedOn: more.happenedOn ?? '2026-11-02',
        people: about.map((p) => s.people[p].id),
        text: 'Told to me at the end of the lesson.',
      });
      await step(lead, c, 'assign', { person: s.people[lead].id });
      await step(lead, c, 'classify', { detail: { ...CLASSIFIED, row: more.row ?? 'none' } });
      await step(lead, c, 'contain');
      if (centre) await step(lead, c, 'join', { person: s.people[second].id });
      for (const by of [lead, second])
        for (const what of ['isolation', 'containment', 'examination'])
          if (what !== 'examination') await step(by, c, 'not-needed', { detail: { step: what } });
      await step(lead, c, 'form-team');
      for (const by of [lead, second]) await step(by, c, 'not-needed', { detail: { step: 'examination' } });
      await step(lead, c, 'skip-examination');
      const seniors = centre ? [lead, second] : [lead];
      for (const by of seniors) await step(by, c, 'attend');
      for (const by of seniors) await step(by, c, 'judge', { detail: { verdict: more.verdict ?? 'substance' } });
      return c;
    },
    decide: (by, which, typed) => takeStep(s.deps, viewerOf(by), which, readDecision({ ...WHY, ...typed })),
    task: async (which, kind) => {
      const found = (await tasks(which)).find((x) => x.kind === kind);
      assert.ok(found, `a task ${kind}`);
      return found;
    },
    move: (by, task, action, more = {}) =>
      takeTaskStep(s.deps, side, viewerOf(by), task, {
        action,
        text: more.text ?? 'Done as it was asked.',
        person: more.person,
      }),
  };
}

const CLASSIFIED = {
  types: ['misuse'],
  culpability: 'deliberate',
  content: 'inappropriate',
  row: 'none',
  severity: 'routine',
  allegation: 'no',
};

/** A refusal with this code. */
export const refused = (attempt: Promise<unknown>, code: string | RegExp): Promise<void> =>
  assert.rejects(attempt, (e: unknown) => {
    const found = (e as { code?: string }).code ?? String(e);
    if (typeof code === 'string') assert.equal(found, code);
    else assert.match(found, code);
    return true;
  });
