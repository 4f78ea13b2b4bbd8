import Type, { type TSchema } from 'typebox';
import { PERSON_KINDS, ROLE_IDS } from './types.ts';

/**
 * The shape of a policy document, said once: the parser checks with it, and `policies/policy.schema.json` is
 * its print for editors and other programs. Each description reads after "expected", because error messages
 * are made of them.
 */

const closed = { additionalProperties: false } as const;
const oneOf = <const T extends readonly string[]>(values: T) => Type.Enum<[...T]>([...values]);
const text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, description: `a text of 1 to ${maxLength} characters` });
const list = <T extends TSchema>(item: T, more: { minItems?: number; maxItems?: number } = {}) =>
  Type.Array(item, { maxItems: 500, ...more });
const set = <T extends TSchema>(item: T, more: { minItems?: number } = {}) =>
  Type.Array(item, { maxItems: 500, uniqueItems: true, ...more });
const whole = (minimum: number, maximum: number) =>
  Type.Integer({ minimum, maximum, description: `a whole number from ${minimum} to ${maximum}` });

const ClauseId = Type.String({
  pattern: '^[a-z][a-z0-9-]*(\\.[a-z0-9][a-z0-9-]*)+$',
  maxLength: 80,
  description: 'a clause id such as "filtering.extremism"',
});
const CategoryId = Type.String({
  pattern: '^[a-z][a-z0-9-]*$',
  maxLength: 60,
  description: 'a category id such as "social-media"',
});
const CatalogueRow = Type.String({
  pattern: '^[A-Z]{1,4}-?T?[0-9]{2}$',
  description: 'a catalogue row such as "FIL-05"',
});
// Upper case keeps rule ids apart from the answers of the safety floor (`safety.illegal`, `profile`, …).
const RuleId = Type.String({
  pattern: '^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$',
  maxLength: 40,
  description: 'a rule id in capitals such as "UAR-20"',
});
const ProfileId = Type.String({
  pattern: '^[a-z][a-z0-9-]*$',
  maxLength: 60,
  description: 'a profile id such as "pupil-8"',
});
const Role = oneOf(ROLE_IDS);
const AudienceName = oneOf(['staff', 'pupil', 'guest']);

const perCategory = <T extends TSchema>(value: T) =>
  Type.Record(CategoryId, value, { ...closed, description: 'categories, each with its answer' });

const Clause = Type.Object(
  { id: ClauseId, number: text(20), section: text(120), text: text(2000), rows: set(CatalogueRow) },
  closed,
);

const RoleDefinition = Type.Object(
  {
    id: Role,
    title: text(120),
    clause: ClauseId,
    holders: Type.Object({ min: whole(0, 1000), max: Type.Union([whole(1, 1000), Type.Null()]) }, closed),
    deputies: Type.Object({ min: whole(0, 100) }, closed),
    duties: list(text(400)),
    rows: set(CatalogueRow),
  },
  closed,
);

const Profile = Type.Object(
  {
    id: ProfileId,
    name: text(120),
    audience: AudienceName,
    clause: ClauseId,
    match: Type.Object(
      {
        kinds: Type.Optional(set(oneOf(PERSON_KINDS), { minItems: 1 })),
        years: Type.Optional(set(whole(0, 14), { minItems: 1 })),
      },
      closed,
    ),
    blocks: perCategory(ClauseId),
    uncategorised: oneOf(['allow', 'block']),
  },
  closed,
);

const TimeWindow = Type.Object(
  {
    days: set(whole(1, 7), { minItems: 1 }),
    from: Type.String({
      pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
      description: 'a time from "00:00" to "23:59"',
    }),
    to: Type.String({
      pattern: '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$',
      description: 'a time from "00:01" to "24:00"',
    }),
  },
  closed,
);

const cell = <const V extends string, P extends Record<string, TSchema>>(value: V, parts: P) =>
  Type.Object({ value: Type.Literal(value), ...parts, unconfirmed: Type.Optional(Type.Boolean()) }, closed);

const Cell = Type.Union(
  [
    cell('allowed', {}),
    cell('not-allowed', {}),
    cell('illegal', {}),
    cell('times', { windows: list(TimeWindow, { maxItems: 50 }) }),
    cell('selected', { people: Type.Array(text(80), { maxItems: 5000, uniqueItems: true }) }),
    cell('permission', {}),
  ],
  { description: 'a cell whose "value" is allowed, not-allowed, illegal, times, selected or permission' },
);

const Rule = Type.Object(
  {
    id: RuleId,
    name: text(200),
    clause: ClauseId,
    categories: set(CategoryId),
    cells: Type.Object({ staff: Type.Optional(Cell), pupil: Type.Optional(Cell), guest: Type.Optional(Cell) }, closed),
  },
  closed,
);

const MonitoringRules = Type.Object(
  {
    repeated: Type.Object(
      { count: whole(2, 1000), minutes: whole(1, 1440), clause: ClauseId, except: set(CategoryId) },
      closed,
    ),
    grave: perCategory(Type.Object({ clause: ClauseId, urgency: oneOf(['urgent', 'soon']) }, closed)),
    escalation: list(
      Type.Object({ role: Role, rank: oneOf(['holder', 'deputy']), acknowledgeMinutes: whole(1, 1440) }, closed),
      { minItems: 1 },
    ),
    escalationClause: ClauseId,
  },
  closed,
);

const PasswordRules = Type.Object(
  { minLength: whole(8, 128), classes: set(oneOf(['upper', 'lower', 'digit', 'symbol'])), clause: ClauseId },
  closed,
);

export const PolicySchema = Type.Object(
  {
    format: Type.Literal(1),
    id: Type.String({
      pattern: '^[a-z0-9][a-z0-9-]*$',
      maxLength: 80,
      description: 'an id such as "secondary-school"',
    }),
    title: text(200),
    model: text(40),
    version: text(40),
    clauses: list(Clause, { minItems: 1 }),
    roles: list(RoleDefinition, { minItems: 1 }),
    profiles: list(Profile, { minItems: 1 }),
    rules: list(Rule),
    monitoring: MonitoringRules,
    passwords: PasswordRules,
    notice: Type.Object({ text: text(1000), clause: ClauseId }, closed),
    retention: Type.Object({ activityDays: whole(1, 3660), clause: ClauseId }, closed),
  },
  { ...closed, $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Gatehouse policy document, format 1' },
);

/** The schema as it stands in `policies/policy.schema.json`; `node src/policy/write-schema.ts` writes it there. */
export const schemaText = (): string => `${JSON.stringify(PolicySchema, null, 2)}\n`;
