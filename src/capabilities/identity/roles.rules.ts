import {
  LEADING_ROLES,
  PERSON_KINDS,
  type PersonKind,
  ROLE_IDS,
  type RoleDefinition,
  type RoleId,
} from '#policy/types.ts';

/** Roles that are given to a person; the others follow from what kind of person they are (ROL-16, ROL-17). */
export const GIVEN_ROLES = ROLE_IDS.filter((r) => !(PERSON_KINDS as readonly string[]).includes(r));

/** What a role is called where the school's policy has no title for it (ROL-08..17). */
const TITLES: Readonly<Record<RoleId, string>> = {
  administrator: 'Administrator',
  dsl: 'Designated safeguarding lead',
  head: 'Head',
  'centre-lead': 'Centre lead',
  'ict-manager': 'ICT manager',
  'filter-approver': 'Filter approver',
  'lead-governor': 'Lead governor for safeguarding',
  governor: 'Governor',
  chair: 'Chair of governors',
  coordinator: 'Coordinator',
  'online-safety-coordinator': 'Online-safety coordinator',
  teacher: 'Teacher',
  staff: 'Staff',
  pupil: 'Pupil',
  parent: 'Parent or carer',
  volunteer: 'Volunteer',
  visitor: 'Visitor',
  'nominated-person': 'Nominated person for hurtful messages',
  'online-safety-group': 'Member of the online safety group',
  'senior-risk-officer': 'Senior risk officer',
  'data-protection-officer': 'Data protection officer',
  'subject-lead': 'Subject lead for computing',
  'curriculum-lead': 'Curriculum lead',
  tutor: 'Tutor',
  publisher: 'Web editor',
  communications: 'Communications',
};

export const roleTitle = (role: string, defined: readonly RoleDefinition[] = []): string =>
  defined.find((r) => r.id === role)?.title ?? TITLES[role as RoleId] ?? role;

/** Roles of the governing body; all others are held by staff. */
const GOVERNORS_ROLES: readonly RoleId[] = ['lead-governor', 'chair'];

/** Roles without which nobody could run the school's account or answer an alert. */
export const NEVER_EMPTY: readonly RoleId[] = ['administrator', 'dsl'];

/**
 * Roles whose account opens what concerns children (ALR-10), can make somebody who opens it, or is half of a decision
 * that takes two (FIL-04). Whoever only runs the machines cannot get at these accounts, and safeguarding hears at once
 * of what an administrator does to them.
 */
export const WATCHED: readonly RoleId[] = GIVEN_ROLES.filter(
  (r) => !['ict-manager', 'teacher', 'governor'].includes(r),
);

/** FIL-04: who changes the system and who keeps watch over children are two people. */
const APART: readonly (readonly [RoleId, RoleId])[] = LEADING_ROLES.map((lead) => ['administrator', lead]);

/** Why the policy lets nobody else hold this role, or null: so many hold it already (ROL-09, ROL-11). Deputies are not counted. */
export function whyFull(role: RoleId, defined: readonly RoleDefinition[], holding: readonly string[]): string | null {
  const max = defined.find((r) => r.id === role)?.holders.max ?? null;
  if (max === null || holding.length < max) return null;
  const who = new Intl.ListFormat('en-GB').format(holding);
  return `The policy lets ${max === 1 ? 'one person' : `${max} people`} hold “${roleTitle(role, defined)}”, and ${who} ${holding.length === 1 ? 'does' : 'do'}.`;
}

/** Why this person may not be given this role, or null. */
export function whyNotRole(role: RoleId, kind: PersonKind, held: readonly string[]): string | null {
  if (!GIVEN_ROLES.includes(role)) return 'This role follows from what kind of person somebody is; it is not given.';
  const kinds: readonly PersonKind[] = GOVERNORS_ROLES.includes(role) ? ['governor'] : ['staff'];
  if (!kinds.includes(kind))
    return `Only ${kinds[0] === 'staff' ? 'a member of staff' : 'a governor'} can hold this role.`;
  if (held.includes(role)) return 'This person already holds the role.';
  for (const [a, b] of APART) {
    const other = role === a ? b : role === b ? a : null;
    if (other && held.includes(other)) {
      return `${TITLES[a]} and ${TITLES[b].toLowerCase()} must be two people, so that nobody both runs the filter and judges its alerts alone.`;
    }
  }
  return null;
}
