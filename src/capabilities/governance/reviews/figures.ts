import { sql } from 'kysely';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { School } from '#platform/school.ts';
import { mapRows } from '../coverage/combos.ts';
import { readCoverage } from '../coverage/facts.ts';
import { SCHOOL_ROWS, type Statement, statements } from '../coverage/statements.ts';
import { type AnswerTimes, type Asked, answerTimes } from './answers.rules.ts';
import { type TestsRun, testsRun } from './tests-run.ts';

/** What Gatehouse knows of the time under review; counts only, nobody is named. It is kept as it was when a review is signed. */
export interface Figures {
  readonly at: string;
  readonly from: string;
  readonly policy: { readonly title: string; readonly number: number } | null;
  /** FIL-07: "this is wrongly closed", from the block page. */
  readonly overBlock: AnswerTimes;
  /** FIL-18: "this should be closed", by staff. */
  readonly underBlock: AnswerTimes;
  readonly tests: (Omit<TestsRun, 'lastAt'> & { readonly lastAt: string | null }) | null;
  readonly coverage: readonly Statement[];
  readonly devices: readonly {
    readonly device: string;
    readonly where: string;
    readonly who: string;
    readonly filtered: string;
    readonly monitored: string;
    readonly not: string;
  }[];
  /** FIL-14: what was changed, in numbers. */
  readonly changed: readonly { readonly what: string; readonly times: number }[];
}

/** Read as the system: a review counts everything, whoever looks at it. */
export async function readFigures(deps: Deps, school: School, from: Date): Promise<Figures> {
  const facts = await readCoverage(deps, school);
  return deps.db.in(systemContext(school.id), async (tx) => {
    const now = deps.clock.now();
    const tests = await testsRun(tx, from, new Date(now));
    return {
      at: new Date(now).toISOString(),
      from: from.toISOString(),
      policy: facts.policy && { title: facts.policy.document.title, number: facts.policy.number },
      overBlock: answerTimes(await questions(tx), from.getTime(), now),
      underBlock: answerTimes(await reports(tx), from.getTime(), now),
      tests: tests && { ...tests, lastAt: tests.lastAt?.toISOString() ?? null },
      coverage: statements(SCHOOL_ROWS, facts),
      devices: mapRows(facts, { device: '', place: '', profile: '' }).map((r) => ({
        device: r.device.name,
        where: r.places.join(', '),
        who: r.profiles.join(', '),
        filtered: r.says.filtered.join(' '),
        monitored: r.says.monitored.join(' '),
        not: r.says.not.join(' '),
      })),
      changed: await changesSince(tx, from),
    };
  });
}

const questions = (tx: Tx): Promise<Asked[]> =>
  tx.selectFrom('site_question').select(['asked_at as at', 'answered_at as answeredAt']).execute();

const reports = (tx: Tx): Promise<Asked[]> =>
  tx.selectFrom('site_report').select(['at', 'decided_at as answeredAt']).execute();

async function changesSince(tx: Tx, from: Date): Promise<Figures['changed']> {
  const { rows } = await sql<{ what: string; times: number }>`
    select what, count(*)::int as times from (
      select 'Versions of the policy that came into force' as what, in_force_from as at, 1 as place from policy_version
      union all select 'Sites opened, closed or set for a lesson by request', s.at, 2 from filter_change_step s
        where s.to_state = 'approved' and s.action in ('approve', 'restrict')
      union all select 'Sites closed at once by one person', s.at, 3 from filter_change_step s where s.action = 'close-now'
      union all select 'Lists of sites added', added_at, 4 from list_source
      union all select 'New editions of lists', fetched_at, 5 from list_source_version
      union all select 'Gateways enrolled', enrolled_at, 6 from gateway
    ) changed where at >= ${from} group by what, place order by place`.execute(tx);
  return rows;
}
