import { MINUTE } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { forEach, schools } from '#platform/school.ts';
import { escalationSteps } from '#rooms/monitoring/index.ts';
import { holdersOf } from './recipients.ts';
import { tellOf } from './report.letters.ts';
import { entry, factsOf } from './report.service.ts';
import { changeReport, findReport, overdueReports } from './report.store.ts';
import { reportWorkflow } from './report.workflow.ts';

export const TELLING_SWEEP = 'telling.sweep';

/** Every minute: a report that nobody took up in the policy's time goes to the deputies, then up the escalation (ALR-10). */
export const sweepReports = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), async (school) => {
    const now = new Date(deps.clock.now());
    const overdue = await deps.db.in(systemContext(school.id), (tx) => overdueReports(tx, now));
    await forEach(overdue, ({ reference }) => escalateReport(deps, school.id, reference));
  });

const escalateReport = (deps: Deps, school: string, reference: string): Promise<void> =>
  deps.db.in(systemContext(school), async (tx) => {
    const report = await findReport(tx, reference, { lock: true });
    if (!report) return;
    const now = deps.clock.now();
    if (!reportWorkflow.judge(report.state, 'escalate', ['system'], factsOf(report, now, '')).ok) return;
    const levels = [
      () => holdersOf(tx, report.to_roles, 'deputy', report.kept_from),
      async () => {
        const steps = await escalationSteps(tx, now);
        const each = await Promise.all(steps.map((s) => holdersOf(tx, [s.role], s.rank, report.kept_from)));
        return each.flat();
      },
    ];
    let { step } = report;
    let people: Awaited<ReturnType<typeof holdersOf>> = [];
    while (people.length === 0 && step < levels.length) {
      const level = levels[step++];
      people = level ? (await level()).filter((p) => !report.told.includes(p.id)) : [];
    }
    await tellOf(tx, deps, report, people, { step, why: 'waits' });
    const due = step < levels.length && report.within !== null ? new Date(now + report.within * MINUTE) : null;
    const told = [...new Set([...report.told, ...people.map((p) => p.id)])];
    await changeReport(tx, report.id, { step, due_at: due, told });
    await entry(tx, report, { actor: null, action: 'escalate', to: report.state, text: '', now });
  });
