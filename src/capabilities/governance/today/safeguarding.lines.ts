import { sql } from 'kysely';
import { DAY } from '#core/clock.ts';
import type { Tx } from '#platform/db.ts';
import { CASE_STATES_NOW, listCases } from '#rooms/incidents/index.ts';
import { headline } from '#rooms/monitoring/index.ts';
import { countOf, type Line, many, type ReadLines, span } from './line.ts';

export const openAlerts: ReadLines = async (tx, _viewer, now) => {
  const rows = await tx
    .selectFrom('alert')
    .selectAll()
    .where('state', 'in', ['raised', 'acknowledged'])
    .orderBy(sql`state = 'raised'`, 'desc')
    .orderBy(sql`urgency = 'urgent'`, 'desc')
    .orderBy('due_at')
    .limit(8)
    .execute();
  return rows.map((a): Line => {
    const raised = a.state === 'raised';
    const urgent = a.urgency === 'urgent';
    const waits = raised ? timeLeft(a.due_at, now) : `raised ${span(now - a.raised_at.getTime())} ago`;
    return {
      tone: raised && urgent && a.detector !== 'health' ? 'danger' : 'amber',
      text: `${raised ? (urgent ? 'Urgent' : 'New') : 'Acknowledged, to be decided'}: ${headline(a)}`,
      href: `/alerts/${a.id}`,
      note: `${a.reference}, ${waits}`,
    };
  });
};

function timeLeft(due: Date | null, now: number): string {
  if (!due) return 'waits to be acknowledged';
  const left = due.getTime() - now;
  return left > 0 ? `${span(left)} left to acknowledge` : `should have been acknowledged ${span(-left)} ago`;
}

export const myCases: ReadLines = async (tx, viewer) => {
  const cases = (await listCases(tx, { state: 'open' })).filter((c) => c.manager === viewer.person.id);
  return cases.slice(0, 5).map((c) => ({
    tone: 'amber',
    text: `Your case: ${c.title}`,
    href: `/cases/${c.reference}`,
    note: CASE_STATES_NOW[c.state].now,
  }));
};

export const waitingCases: ReadLines = async (tx) => {
  const n = await countCasesWhere(tx, 'reported');
  if (n === 0) return [];
  const text = `${many(n, 'case')} ${n === 1 ? 'waits' : 'wait'} to be given to somebody`;
  return [{ tone: 'amber', text, href: '/cases?state=reported' }];
};

export const closedCases: ReadLines = async (tx, _viewer, now) => {
  const n = await countCasesWhere(tx, 'closed', new Date(now - 7 * DAY));
  if (n === 0) return [];
  return [{ tone: 'calm', text: `${many(n, 'case')} closed in the last 7 days`, href: '/cases?state=closed' }];
};

function countCasesWhere(tx: Tx, state: string, closedSince?: Date): Promise<number> {
  let query = tx
    .selectFrom('case_file')
    .select((e) => e.fn.countAll<string>().as('n'))
    .where('state', '=', state);
  if (closedSince) query = query.where('closed_at', '>', closedSince);
  return countOf(query);
}
