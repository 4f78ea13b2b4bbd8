import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { forEach, schools } from '#platform/school.ts';
import { holders, roleTitle } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import { leadsOf, procedureOf } from '../case.leads.ts';
import { storyOf } from '../case.story.ts';
import { actingLead, isKeptFrom, type Leads, outsiders } from '../cases.rules.ts';
import { enter } from '../cases.service.ts';
import { type CaseEntry, type CaseFile, entriesOf, findCase, updateCase } from '../cases.store.ts';
import { writeLate } from './clocks.letters.ts';
import { isLate, type RunningClock, running, STAGES, type Stage, type TimedStory } from './clocks.rules.ts';
import { lateCases, limitsOf } from './clocks.store.ts';

/** Every minute: whatever became late, also where its own job was lost. */
export const sweepClocks = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), async ({ id: school }) => {
    const late = await deps.db.in(systemContext(school), (tx) => lateCases(tx, deps.clock.now(), { untold: true }));
    await forEach(late, ({ id }) => escalateCase(deps, school, id));
  });

/** INC-27, SAN-01: whoever must know that something in this case is late is told, once for each stage. Safe to run twice. */
export const escalateCase = (deps: Deps, school: string, id: string): Promise<void> =>
  deps.db.in(systemContext(school), async (tx) => {
    const file = await findCase(tx, id, { lock: true });
    if (!file) return;
    const now = deps.clock.now();
    const clocks = running(file, timedStory(await entriesOf(tx, id)), await limitsOf(tx, now));
    let escalated = file.escalated;
    for (const { stage } of clocks.filter((c) => isLate(c, now))) {
      if (escalated & STAGES[stage].bit) continue;
      escalated |= STAGES[stage].bit;
      await tellOf(tx, deps, file, stage);
    }
    await updateCase(tx, id, { escalated });
  });

/** What of the entries the clocks ask for. */
export function timedStory(entries: readonly CaseEntry[]): TimedStory {
  const reopened = entries.findLast((e) => e.action === 'reopen');
  return { recordedAt: storyOf(entries).recordedAt, reopenedAt: reopened?.at ?? null };
}

async function tellOf(tx: Tx, deps: Deps, file: CaseFile, stage: Stage): Promise<void> {
  const now = deps.clock.now();
  const leads = await leadsOf(tx, now, file);
  const { told, who } = await recipients(tx, now, file, leads, stage);
  if (told.length === 0) deps.log.error('case.nobody', { school: file.school_id, case: file.id });
  const strangers = file.restricted ? [] : outsiders(leads, told).filter((id) => !file.team.includes(id));
  await writeLate(tx, deps, file, stage, told, new Set(strangers));
  const line = `${LINES[stage]}. Told: ${told.length > 0 ? who.join(', ') : 'nobody, since there is nobody who may be'}`;
  await enter(deps, tx, { school: { id: file.school_id }, person: { id: null } }, file, {
    action: 'escalate',
    from: file.state,
    to: file.state,
    text: '',
    detail: { line, stage, told },
  });
}

const LINES: Readonly<Record<Stage, string>> = {
  acknowledge: 'Nobody took it up in time',
  'first-action': 'The first action is late',
  outcome: 'The outcome is late',
  record: 'It is missing in the safeguarding record system',
};

/**
 * Whom lateness goes to. A report that nobody took up: the deputies. What is late in the work: who has the case, who leads, and
 * the role that the policy escalates this severity to. Where a step reaches nobody who may be told, the next in turn is. A
 * restricted case goes to its own leads alone (INC-22).
 */
async function recipients(
  tx: Tx,
  now: number,
  file: CaseFile,
  leads: Leads,
  stage: Stage,
): Promise<{ told: string[]; who: string[] }> {
  const free = (ids: readonly string[]) => ids.filter((id) => !isKeptFrom(file, id));
  const lead = actingLead(leads, file);
  const manager = file.manager ? free([file.manager]).filter((id) => !lead.includes(id)) : [];
  const inCharge = [...manager, ...lead];
  const theirs = [...(manager.length > 0 ? ['who has the case'] : []), 'who leads on it'];
  if (file.restricted || stage === 'record') return { told: inCharge, who: theirs };
  const inTurn = leads.inTurn.map((ids) => free(ids).filter((id) => !inCharge.includes(id)));
  const next = { people: inTurn.find((ids) => ids.length > 0) ?? [], title: 'the next in turn' };
  const named = await escalatedTo(tx, now, file, leads, stage);
  const people = free(named.people).filter((id) => stage !== 'acknowledge' || !lead.includes(id));
  const above = people.length > 0 ? { ...named, people } : next;
  if (stage === 'acknowledge') return { told: above.people, who: [above.title] };
  return { told: [...new Set([...inCharge, ...above.people])], who: [...theirs, above.title] };
}

/** Whom the policy has it go to beyond those in charge. */
async function escalatedTo(tx: Tx, now: number, file: CaseFile, leads: Leads, stage: Stage) {
  if (stage === 'acknowledge') return { people: leads.deputies, title: 'the deputies' };
  const { clocks } = await procedureOf(tx, now);
  const role = clocks.find((c) => c.severity === file.severity)?.escalateTo;
  if (!role) return { people: [], title: '' };
  const title = roleTitle(role, (await policyInForce(tx, now))?.document.roles);
  return { people: (await holders(tx, role)).map((h) => h.id), title };
}

/** The clocks of one case as its page shows them. */
export async function clocksOf(
  tx: Tx,
  file: CaseFile,
  entries: readonly CaseEntry[],
  now: number,
): Promise<RunningClock[]> {
  return running(file, timedStory(entries), await limitsOf(tx, now));
}
