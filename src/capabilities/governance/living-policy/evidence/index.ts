import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { filteringAtAGlance } from '#rooms/filtering/index.ts';
import { type DutyStanding, dutyStates, type PolicyInForce, policyInForce } from '#rooms/policies/index.ts';
import * as cases from './cases.ts';
import * as filter from './filter.ts';
import * as people from './people.ts';
import * as policy from './policy.ts';
import * as records from './records.ts';
import type { Answer, ReadEvidence } from './types.ts';

export type { Answer, Evidence } from './types.ts';

/** Control → where its evidence of today is read. */
export const EVIDENCE: Readonly<Record<string, ReadEvidence>> = {
  accounts: people.accounts,
  'sign-in': people.signIn,
  'first-passwords': people.firstPasswords,
  'password-rotation': people.passwordRotation,
  roles: people.roles,
  'two-people': people.twoPeople,
  notice: people.notice,
  profiles: people.profiles,
  filter: filter.gateways,
  'fail-closed': filter.failClosed,
  lists: filter.lists,
  'illegal-content': filter.illegalContent,
  extremism: filter.extremism,
  'dangerous-sites': filter.dangerousSites,
  'help-open': filter.helpOpen,
  proof: filter.proof,
  'block-page': filter.blockPage,
  'site-questions': filter.siteQuestions,
  'filter-changes': filter.filterChanges,
  'ai-tools': filter.aiTools,
  'fair-use': filter.fairUse,
  activity: filter.activity,
  attempts: filter.detectors,
  'grave-alerts': filter.detectors,
  'look-ups': records.lookUps,
  'class-view': cases.classView,
  telling: cases.telling,
  'sanctions-menu': cases.sanctionsMenu,
  cases: records.caseEntries,
  'case-procedure': cases.procedure,
  'case-clocks': cases.clocks,
  'case-team': cases.team,
  'designated-computer': cases.designatedComputer,
  'imagery-lock': cases.imageryLock,
  'evidence-vault': cases.vault,
  'device-search': cases.deviceSearch,
  'need-to-know': records.needToKnow,
  retention: records.retention,
  ledger: records.ledger,
  escalation: records.escalation,
  'policy-versions': policy.versions,
  clashes: policy.clashes,
  permissions: policy.permissions,
  timetable: policy.timetable,
  registers: policy.registers,
  'risk-assessment': policy.riskAssessment,
};

/** Controls that leave nothing to count, and why. `duties` is not here: each duty speaks for its own clause (coverage.ts). */
export const UNCOUNTED: Readonly<Record<string, string>> = {
  'password-rules': 'Works at the moment a password is chosen, and leaves no evidence to count',
  'device-classes': 'Works, but leaves no evidence to count',
};

/**
 * Today's evidence of every control and duty, as the system sees it and the same for every reader: a reader's own view would hide
 * what is not theirs and so tell a wrong story. Nothing in it names people in alerts or cases, or counts those kept from an adult.
 */
export const readEvidence = (
  deps: Deps,
  school: string,
): Promise<{ policy: PolicyInForce; answers: ReadonlyMap<string, Answer>; duties: DutyStanding[] } | null> =>
  deps.db.in(systemContext(school), async (tx: Tx) => {
    const now = deps.clock.now();
    const inForce = await policyInForce(tx, now);
    if (!inForce) return null;
    const facts = {
      tx,
      now,
      policy: inForce,
      filtering: await filteringAtAGlance(tx, deps),
      outsideKey: deps.config.evidence.escrow !== null,
    };
    const answers = new Map<string, Answer>();
    for (const [control, read] of Object.entries(EVIDENCE)) answers.set(control, await read(facts));
    return { policy: inForce, answers, duties: await dutyStates(tx, now) };
  });
