import { MINUTE } from '#core/clock.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { type Letter, post } from '#platform/mail.ts';
import { forEach, schools } from '#platform/school.ts';
import type { MonitoringRules } from '#policy/types.ts';
import { holders } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { alertWorkflow } from './alert.workflow.ts';
import { factsOf } from './alerts.rules.ts';
import {
  type Alert,
  changeAlert,
  findAlert,
  insertNotice,
  notifyAlert,
  overdueAlerts,
  type RouteStep,
} from './alerts.store.ts';
import { headline } from './words.ts';

export const ESCALATE = 'alerts.escalate';

type Step = MonitoringRules['escalation'][number];
type Holder = Awaited<ReturnType<typeof holders>>[number];

/** Should a school ever be without a policy, somebody who tells us something still reaches a person. */
const WITHOUT_POLICY: readonly Step[] = [
  { role: 'dsl', rank: 'holder', acknowledgeMinutes: 5 },
  { role: 'dsl', rank: 'deputy', acknowledgeMinutes: 5 },
  { role: 'head', rank: 'holder', acknowledgeMinutes: 10 },
];

/** Whom the policy in force has told of an alert, in order. */
export const escalationSteps = async (tx: Tx, now: number): Promise<readonly Step[]> =>
  (await policyInForce(tx, now))?.document.monitoring.escalation ?? WITHOUT_POLICY;

/** The alert's own way first (whom the policy has this kind of report go to), then whom of the escalation it leaves out. */
async function stepsOf(tx: Tx, alert: Pick<Alert, 'route'>, now: number): Promise<readonly RouteStep[]> {
  const route = alert.route ?? [];
  const rest = (await escalationSteps(tx, now)).filter(
    (s) => !route.some((r) => r.rank === s.rank && r.roles.includes(s.role)),
  );
  return [...route, ...rest.map(({ role, ...s }) => ({ ...s, roles: [role] }))];
}

/**
 * ALR-10: tell whom the policy names at step `from`. A step that reaches nobody, because nobody holds the duty or because
 * it is about them, is noted and the next is told at once. Past the last step all of them are told, again and again,
 * until somebody acknowledges.
 */
export async function tellNext(tx: Tx, deps: Deps, alert: Alert, from: number): Promise<void> {
  const steps = await stepsOf(tx, alert, deps.clock.now());
  const everybody = new Map<string, Holder>();
  for (const [number, step] of steps.entries()) {
    const people: Holder[] = [];
    for (const role of step.roles) people.push(...(await holders(tx, role, step.rank)));
    const free = people.filter((p) => !alert.kept_from.includes(p.id));
    for (const p of free) everybody.set(p.id, p);
    if (number < from) continue;
    if (free.length > 0) return tell(tx, deps, alert, free, { step: number, minutes: step.acknowledgeMinutes });
    const duty = `${step.roles.join(' or ')}, ${step.rank}`;
    const why = people.length > 0 ? 'it is kept from everybody who holds this duty' : 'nobody holds this duty';
    await skip(tx, deps, alert, number, `${duty}: ${why}`);
  }
  const minutes = steps.at(-1)?.acknowledgeMinutes ?? 10;
  if (everybody.size === 0) {
    await skip(tx, deps, alert, steps.length, 'there is nobody who may be told');
    deps.log.error('alert.nobody', { school: alert.school_id, alert: alert.id });
  }
  await tell(tx, deps, alert, [...everybody.values()], { step: steps.length, minutes });
}

/** Tell these people. With `minutes` a clock starts, after which the next are told. */
export async function tell(
  tx: Tx,
  deps: Deps,
  alert: Alert,
  people: readonly Holder[],
  { step, minutes }: { step: number; minutes: number | null },
): Promise<void> {
  const now = deps.clock.now();
  for (const person of people) {
    const mail = person.email ? await post(tx, letter(deps, alert, person.id, person.email)) : null;
    await insertNotice(tx, {
      school_id: alert.school_id,
      alert_id: alert.id,
      recipient: person.id,
      step,
      at: new Date(now),
      mail_id: mail,
      skipped: null,
    });
  }
  const due = minutes === null ? null : new Date(now + minutes * MINUTE);
  const told = [...new Set([...alert.told, ...people.map((p) => p.id)])];
  await changeAlert(tx, alert.id, { step, due_at: due, told });
  if (due) await enqueue(tx, ESCALATE, { school: alert.school_id, alert: alert.id }, { runAt: due });
  await notifyAlert(tx, alert.school_id, alert.id);
}

const skip = (tx: Tx, deps: Deps, alert: Alert, step: number, why: string) =>
  insertNotice(tx, {
    school_id: alert.school_id,
    alert_id: alert.id,
    recipient: null,
    step,
    at: new Date(deps.clock.now()),
    mail_id: null,
    skipped: why,
  });

/** A subject shows on locked phones and a mail may be forwarded: no name stands in either. */
function letter(deps: Deps, alert: Alert, recipient: string, address: string): Letter {
  const urgent = alert.urgency === 'urgent';
  return {
    school: alert.school_id,
    recipient,
    address,
    subject: urgent ? 'Gatehouse: an urgent alert needs you' : 'Gatehouse: an alert needs you',
    body: [
      `${headline(alert)} (${alert.reference})`,
      '',
      urgent ? 'Urgent: please look at it now.' : 'Please look at it today.',
      `${deps.config.pagesUrl}/alerts/${alert.id}`,
      '',
      'If nobody acknowledges it in time, it goes to the next person the policy names.',
      'This message holds no names. Sign in to see what happened.',
    ].join('\n'),
    about: { kind: 'alert', id: alert.id },
  };
}

/** If nobody acknowledged in time, the next are told. Safe to run at any time and twice. */
export const escalate = (deps: Deps, school: string, id: string): Promise<void> =>
  deps.db.in(systemContext(school), async (tx) => {
    const alert = await findAlert(tx, id, { lock: true });
    if (!alert) return;
    const now = deps.clock.now();
    if (!alertWorkflow.judge(alert.state, 'escalate', ['system'], factsOf(alert, { now })).ok) return;
    await record(tx, {
      school,
      actor: null,
      action: 'alert.escalate',
      object: { kind: 'alert', id },
      detail: { after: alert.step },
      at: now,
    });
    await tellNext(tx, deps, alert, alert.step + 1);
  });

/** Every minute: whatever became overdue, also where its own job was lost. */
export const sweep = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), async (school) => {
    const overdue = await deps.db.in(systemContext(school.id), (tx) => overdueAlerts(tx, new Date(deps.clock.now())));
    await forEach(overdue, ({ id }) => escalate(deps, school.id, id));
  });
