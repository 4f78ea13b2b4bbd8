import { randomInt } from 'node:crypto';
import { ESCALATION_ROLES } from '#policy/types.ts';
import type { CaseActor } from './case.facts.ts';

/** Who may lead on a case now. */
export interface Leads {
  /** Who leads on safeguarding from day to day, and who stands in for them. */
  readonly leads: readonly string[];
  readonly deputies: readonly string[];
  readonly heads: readonly string[];
  /** Whom the policy's escalation names, step by step, then all the others. */
  readonly inTurn: readonly (readonly string[])[];
}

/** Whom a case is kept from. */
export interface KeptFrom {
  readonly subjects: readonly string[];
  readonly conflicted: readonly string[];
}
export const isKeptFrom = (file: KeptFrom, id: string): boolean =>
  file.subjects.includes(id) || file.conflicted.includes(id);

/**
 * Who leads on a case: the first whom the policy's escalation names and from whom it is not kept. In a school the DSL, where
 * it is about the DSL the deputies, and where about all of them the head (ROL-20).
 */
export function actingLead(leads: Leads, file: KeptFrom): readonly string[] {
  const free = (ids: readonly string[]) => ids.filter((id) => !isKeptFrom(file, id));
  return leads.inTurn.map(free).find((ids) => ids.length > 0) ?? [];
}

/** Of these people, whom no duty of theirs lets read cases: what they are to work on must name them in its team. */
export const outsiders = (leads: Leads, people: readonly string[]): string[] =>
  people.filter((id) => ![leads.leads, leads.deputies, leads.heads].some((ids) => ids.includes(id)));

/** Senior staff and volunteers are those whom a policy's escalation may name (INC-04). */
export const SENIOR_ROLES: ReadonlySet<string> = new Set(ESCALATION_ROLES);

/** What somebody is to a case. A person it is about is nothing to it, whoever they are (INC-05). */
export function partsOf(
  person: { readonly id: string; readonly duties: readonly string[] },
  file: KeptFrom & { readonly manager: string | null; readonly team: readonly string[] },
  leads: Leads,
  seniors: readonly string[],
): CaseActor[] {
  if (isKeptFrom(file, person.id)) return [];
  const parts: [CaseActor, boolean][] = [
    ['lead', leads.leads.includes(person.id) || actingLead(leads, file).includes(person.id)],
    ['deputy', leads.deputies.includes(person.id)],
    ['head', leads.heads.includes(person.id)],
    ['manager', file.manager === person.id],
    ['senior', seniors.includes(person.id)],
    ['member', file.team.includes(person.id)],
    ['ict-manager', person.duties.includes('ict-manager')],
    ['reporter', person.duties.includes('staff')],
  ];
  return parts.filter(([, holds]) => holds).map(([part]) => part);
}

const LETTERS = 'ABCDEFGHJKMNPQRSTVWXYZ23456789';

/** `C-7KQ2MX`: random, so that no gap in a row of numbers tells a person of a case about them. */
export const newReference = (): string =>
  `C-${Array.from({ length: 6 }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`;
