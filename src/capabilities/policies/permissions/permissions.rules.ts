import { type Audience, type Cell, LEADING_ROLES, type PolicyDocument, type Rule } from '#policy/index.ts';

/** Which cells of the policy are opened person by person, and who may do that. */

/** `permission`: given for a purpose and a time. `selected`, `nominated`: a list that the school keeps. */
export const GIVEN_BY_NAME = ['permission', 'selected', 'nominated'] as const;
export type GivenValue = (typeof GIVEN_BY_NAME)[number];

/** A cell that opens for the people who are named for it. */
export interface Grantable {
  readonly rule: Rule;
  readonly audience: Audience;
  readonly value: GivenValue;
  /** The rule that keeps it closed all the same: of two the stricter holds (GOV-34). */
  readonly closedBy: Rule | null;
}

/** Every cell of the policy that people are named for. */
export const grantables = (document: PolicyDocument): Grantable[] =>
  document.rules.flatMap((rule) =>
    (['pupil', 'staff', 'guest'] as const).flatMap((audience): Grantable[] => {
      const value = givenValue(rule.cells[audience]);
      return value ? [{ rule, audience, value, closedBy: closedBy(document, rule, audience) }] : [];
    }),
  );

const givenValue = (cell: Cell | undefined): GivenValue | undefined => GIVEN_BY_NAME.find((v) => v === cell?.value);

const SHUT: ReadonlySet<string> = new Set(['not-allowed', 'illegal']);

/** Another rule that closes to this audience all that this one is about, so that nobody's name would open it. */
function closedBy(document: PolicyDocument, rule: Rule, audience: Audience): Rule | null {
  const shut = document.rules.filter((r) => r !== rule && SHUT.has(r.cells[audience]?.value ?? ''));
  const everywhere = shut.find((r) => r.action === rule.action && !r.applies);
  if (everywhere) return everywhere;
  const closers = rule.categories.map((c) => shut.find((r) => r.categories.includes(c)));
  return closers.every(Boolean) ? (closers[0] ?? null) : null;
}

/** Lists are kept by those who lead; so is permission for adults. */
const LEADERS: readonly string[] = ['head', ...LEADING_ROLES];

/** Whose word opens this cell: pupils’ permission is any member of staff’s, as both policies say. */
export const granters = ({ value, audience }: Pick<Grantable, 'value' | 'audience'>): readonly string[] =>
  value === 'permission' && audience === 'pupil' ? ['staff'] : LEADERS;

export const mayGrant = (cell: Pick<Grantable, 'value' | 'audience'>, duties: readonly string[]): boolean =>
  granters(cell).some((d) => duties.includes(d));

export type GrantState = 'live' | 'coming' | 'ended';

/** How a grant stands at this moment; its end itself is no longer within it. */
export function stateOf(
  grant: { readonly from: Date; readonly until: Date | null; readonly endedAt: Date | null },
  now: number,
): GrantState {
  if (grant.endedAt || (grant.until && grant.until.getTime() <= now)) return 'ended';
  return grant.from.getTime() > now ? 'coming' : 'live';
}

/** "2026-11-03T12:30", on the school's wall clock, as an instant; null where it is no time. */
export function readMoment(text: string, timeZone: string): Date | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/.test(text)) return null;
  try {
    return new Date(Temporal.PlainDateTime.from(text).toZonedDateTime(timeZone).epochMilliseconds);
  } catch {
    return null;
  }
}

/** The same the other way, for the form. */
export const writeMoment = (at: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' });
