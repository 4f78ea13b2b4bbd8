import { MINUTE } from '#core/clock.ts';
import type { Config } from '#platform/config.ts';
import { policyOf } from '#policy/fixture.ts';
import type { Meta, PolicyDocument, RoleDefinition, RoleId } from '#policy/index.ts';
import type { TestDatabase } from '#testing/database.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { adoptPolicy } from '../policies.service.ts';
import { createDraft, editDraft } from './drafts.service.ts';
import { readDraft } from './drafts.store.ts';
import { type Step, takeStep } from './steps.service.ts';

const role = (id: RoleId, title: string): RoleDefinition => ({
  id,
  title,
  clause: 'rules.all',
  holders: { min: 1, max: null },
  deputies: { min: 0 },
  duties: [],
  rows: [],
});

/** For tests: a document whose draft the DSL and the ICT manager sign and the lead governor approves. */
export const reviewed = (meta: Partial<Meta> = {}, more: readonly RoleDefinition[] = []): PolicyDocument => {
  const smallest = policyOf();
  return {
    ...smallest,
    roles: [
      ...smallest.roles,
      ...[
        role('ict-manager', 'ICT manager'),
        role('lead-governor', 'Lead governor'),
        role('head', 'Head'),
        ...more,
      ].filter((r) => !smallest.roles.some((s) => s.id === r.id)),
    ],
    meta: {
      ...smallest.meta,
      reviewers: ['dsl', 'ict-manager'],
      approver: 'lead-governor',
      nextReview: '2027-11-03',
      ...meta,
    },
  };
};

let config: Config | undefined;

/** For tests: a school in which that document is in force. */
export async function reviewedSchool(t: TestDatabase, document = reviewed()): Promise<TestSchool> {
  // One data folder for all schools of a test: each would be one more thing to clear away.
  const school = await testSchool(t, config && { config });
  config = school.deps.config;
  const by = school.people.administrator.context;
  await t.db.in(by, (tx) => adoptPolicy(tx, school.deps, by, document, { approver: null }));
  school.clock.advance(MINUTE);
  return school;
}

/** For tests: what the people of a school do with one draft. */
export async function draftIn(school: TestSchool, change: Partial<PolicyDocument> = {}) {
  const { deps, people } = school;
  const viewer = (part: Part) => people[part].viewer;
  const { id } = await createDraft(deps, viewer('dsl'), { title: 'Autumn review', from: { version: 1 } });
  await editDraft(deps, viewer('dsl'), id, { what: 'What is new.', edit: 1 }, (d) => ({
    ...d,
    title: 'What is new',
    ...change,
  }));
  const read = () => deps.db.in(people.dsl.context, (tx) => readDraft(tx, id));
  const step = async (part: Part, taken: Omit<Step, 'edit'> & { readonly edit?: number }) =>
    takeStep(deps, viewer(part), id, { edit: (await read()).edit, ...taken });
  return {
    id,
    read,
    step,
    edit: async (part: Part, to: (d: PolicyDocument) => PolicyDocument) =>
      editDraft(deps, viewer(part), id, { what: 'Something else.', edit: (await read()).edit }, to),
    /** Consulted upon and signed by everybody. */
    consulted: async () => {
      await step('dsl', { action: 'consult' });
      await step('dsl', { action: 'sign', signAs: 'dsl' });
      await step('ictManager', { action: 'sign', signAs: 'ict-manager' });
    },
  };
}

/** For tests: an approval that lacks nothing; today, at once. */
export const approval = {
  action: 'approve',
  minute: 'Governing body, 3 November 2026, item 7',
  effectiveOn: '2026-11-03',
} as const;
