import { monitoringJobs, monitoringRoom } from '#rooms/monitoring/index.ts';
import type { TestDatabase } from '#testing/database.ts';
import {
  type Pages,
  pagesFor,
  type TestPerson,
  type TestSchool,
  type TestSchoolOptions,
  testSchool,
} from '#testing/web.ts';
import { incidentsRoom } from '../index.ts';
import { listReports, type Report } from './report.store.ts';
import { sweepReports } from './telling.clock.ts';

export interface Bench {
  readonly t: TestDatabase;
  readonly s: TestSchool;
  readonly pages: Pages;
  readonly to: string;
  /** Give somebody a role, by the owner. */
  role(person: TestPerson, role: string, rank?: 'holder' | 'deputy'): Promise<TestPerson>;
  /** As the owner sees them, past row security. */
  reports(): Promise<Row[]>;
  alerts(): Promise<AlertRow[]>;
  cases(): Promise<CaseRow[]>;
  letters(): Promise<{ recipient: string; subject: string; body: string; about_kind: string }[]>;
  /** What this person may see. */
  sees(person: TestPerson): Promise<Report[]>;
  /** Tell, and read the receipt: reference and code. */
  tell(
    who: TestPerson | null,
    fields: Record<string, string>,
    fault?: boolean,
  ): Promise<{ reference: string; code: string; page: string }>;
  /** Let the clock run, and whatever is due happen. */
  wait(ms: number): Promise<void>;
  close(): Promise<void>;
}
export interface Row {
  id: string;
  reference: string;
  kind: string;
  state: string;
  step: number;
  imagery: boolean;
  children: boolean;
  told: string[];
  to_roles: string[];
  kept_from: string[];
  words: string;
  due_at: Date | null;
  alert_id: string | null;
  case_id: string | null;
  code_digest: Buffer;
}
export interface AlertRow {
  id: string;
  reference: string;
  state: string;
  urgency: string;
  subject: string | null;
  told: string[];
  kept_from: string[];
  due_at: Date | null;
  case_id: string | null;
  evidence: { text: string; told: Record<string, unknown> }[];
}
export interface CaseRow {
  id: string;
  reference: string;
  title: string;
  state: string;
  imagery: boolean;
  subjects: string[];
  affected: string[];
  team: string[];
  opened_by: string | null;
}

/** For this folder's tests: a school with the rooms that telling touches. */
export async function bench(t: TestDatabase, options: TestSchoolOptions = {}): Promise<Bench> {
  const s = await testSchool(t, { policy: 'secondary-school', ...options });
  const pages = await pagesFor(s.deps, monitoringRoom(s.deps), incidentsRoom(s.deps));
  const rows = <T>(table: string, order: string) =>
    t.asOwner<T & Record<string, unknown>>(`select * from ${table} where school_id = $1 order by ${order}`, [
      s.id,
    ]) as Promise<T[]>;
  const to = `/tell/${s.slug}`;
  return {
    t,
    s,
    pages,
    to,
    async role(person, role, rank = 'holder') {
      await t.asOwner(`insert into role_holding (school_id, person_id, role, rank) values ($1, $2, $3, $4)`, [
        s.id,
        person.id,
        role,
        rank,
      ]);
      const viewer = { ...person.viewer, duties: [...person.viewer.duties, role] };
      return { ...person, viewer, context: { ...person.context, duties: viewer.duties } };
    },
    reports: () => rows<Row>('report', 'told_at, id'),
    alerts: () => rows<AlertRow>('alert', 'raised_at, id'),
    cases: () => rows<CaseRow>('case_file', 'opened_at, id'),
    letters: () => rows('mail', 'created_at, id'),
    sees: (person) => s.deps.db.in(person.context, (tx) => listReports(tx, {})),
    async tell(who, fields, fault = false) {
      // Reports are told one after the other.
      s.clock.advance(1);
      const browser = pages.as(who);
      const sent = await browser.post(fault ? `${to}/fault` : to, fields);
      const { body } = await browser.follow(sent);
      return {
        reference: /R-[2-9A-Z]{6}/.exec(body)?.[0] ?? '',
        code: /(?:[2-9A-Z]{4}-){3}[2-9A-Z]{4}/.exec(body)?.[0] ?? '',
        page: body,
      };
    },
    async wait(ms) {
      s.clock.advance(ms);
      await monitoringJobs(s.deps).tasks['alerts.sweep']?.({});
      await sweepReports(s.deps);
    },
    close: () => pages.close(),
  };
}
