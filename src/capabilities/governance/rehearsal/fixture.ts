import { HOUR, MINUTE } from '#core/clock.ts';
import { newId } from '#core/ids.ts';
import { readConfig } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { policyOf } from '#policy/fixture.ts';
import type { Cell, PolicyDocument, RoleId } from '#policy/index.ts';
import { compileLists, ensureSources } from '#rooms/filtering/index.ts';
import { ingest } from '#rooms/monitoring/index.ts';
import { adoptPolicy, createDraft, editDraft } from '#rooms/policies/index.ts';
import type { TestDatabase } from '#testing/database.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import { startRehearsal } from './rehearsal.service.ts';
import { lastRehearsal } from './rehearsal.store.ts';
import { runRehearsal } from './run.service.ts';

/** Stand in the starter lists as what their names say. */
export const SITES = {
  games: 'games.gatehouse-test.example',
  shopping: 'shopping.gatehouse-test.example',
  gambling: 'gambling.gatehouse-test.example',
  plain: 'plain.example',
} as const;

const CLAUSE = 'rules.all';
const role = (id: RoleId, title: string) => ({
  id,
  title,
  clause: CLAUSE,
  holders: { min: 0, max: null },
  deputies: { min: 0 },
  duties: [],
  rows: [],
});
const rule = (id: string, category: string, pupil: Cell) => ({
  id,
  name: `About ${category}`,
  clause: CLAUSE,
  action: `use-${category}`,
  categories: [category],
  cells: { pupil, staff: { value: 'allowed' } as const, guest: { value: 'not-allowed' } as const },
});

/** For tests: pupils may shop and not play; the lead governor approves, the subject lead and the DSL sign. */
export function playing(games: Cell, shopping: Cell): PolicyDocument {
  const smallest = policyOf();
  return {
    ...smallest,
    meta: { ...smallest.meta, reviewers: ['dsl', 'subject-lead'], approver: 'lead-governor' },
    roles: [
      ...smallest.roles,
      role('lead-governor', 'Lead governor'),
      role('subject-lead', 'Computing lead'),
      role('ict-manager', 'ICT manager'),
    ],
    rules: [rule('UAR-19', 'games', games), rule('UAR-21', 'shopping', shopping)],
  };
}
export const NOW_IN_FORCE = playing({ value: 'not-allowed' }, { value: 'allowed' });
/** Games open, shopping closed. */
export const TURNED_ROUND = playing({ value: 'allowed' }, { value: 'not-allowed' });

export interface Stage {
  readonly school: TestSchool;
  /** A draft of `TURNED_ROUND`, or of what is given. */
  draft(document?: PolicyDocument): Promise<string>;
  /** Requests are delivered as a gateway does it, each `hours` ago. */
  browsed(requests: readonly { who: Part | null; site: string; hours: number; count?: number }[]): Promise<void>;
  begin(draft: string, days?: number): Promise<string>;
  /** As the worker does it. */
  work(rehearsal: string): Promise<void>;
  last(draft: string): ReturnType<typeof lastRehearsal>;
}

/** For tests: a school with compiled lists, a gateway and a policy. */
export async function rehearsalStage(t: TestDatabase): Promise<Stage> {
  const config = readConfig({ GATEHOUSE_DATA: temporaryFolder('rehearsal') }, '/');
  const school = await testSchool(t, { config });
  const { deps, clock, people } = school;
  const by = systemContext(school.id);
  await deps.db.in(by, (tx) => ensureSources(tx, deps, by));
  await compileLists(deps, school.id);
  await deps.db.in(by, (tx) => adoptPolicy(tx, deps, by, NOW_IN_FORCE, { approver: null }));
  clock.advance(MINUTE);
  const gateway = { id: newId(clock.now()), school: school.id };
  await t.asOwner(`insert into gateway (id, school_id, name, token_digest) values ($1, $2, 'Main', $3)`, [
    gateway.id,
    school.id,
    Buffer.from(gateway.id),
  ]);
  let batch = 0;
  return {
    school,
    async draft(document = TURNED_ROUND) {
      const viewer = people.dsl.viewer;
      const { id } = await createDraft(deps, viewer, { title: 'Games at last', from: { version: 1 } });
      await editDraft(deps, viewer, id, { what: 'Turned round.', edit: 1 }, () => document);
      return id;
    },
    async browsed(requests) {
      const lines = requests.map(({ who, site, hours, count = 1 }): string => {
        const event: ActivityEvent = {
          t: clock.now() - hours * HOUR,
          via: 'dns',
          person: who && people[who].id,
          device: null,
          address: '192.0.2.7',
          profile: who ? 'pupil' : 'unidentified',
          host: site,
          category: null,
          outcome: 'allow',
          rule: 'profile',
          clause: null,
          snapshot: 1,
          list: null,
          count,
        };
        return `${JSON.stringify(event)}\n`;
      });
      await ingest(deps, gateway, ++batch, Buffer.from(lines.join('')));
    },
    begin: (draft, days = 7) => startRehearsal(deps, people.dsl.viewer, draft, days),
    work: (rehearsal) => runRehearsal(deps, school.id, rehearsal),
    last: (draft) => deps.db.in(by, (tx) => lastRehearsal(tx, draft)),
  };
}
