import Type, { type TSchema } from 'typebox';
import {
  Agreement,
  Applies,
  DeviceClass,
  DeviceSearch,
  Duty,
  Finding,
  Incidents,
  LearningOutcome,
  LinkedDocument,
  Meta,
  Modules,
  Recipient,
  Reference,
  RetentionClass,
  Sanctions,
  SelfAudit,
  Settings,
  Settlement,
  Statement,
  Training,
  WindowShape,
} from './sections.ts';
import {
  ActionId,
  AudienceName,
  CatalogueRow,
  CategoryId,
  ClauseId,
  closed,
  flag,
  Kind,
  list,
  maybe,
  object,
  oneOf,
  orNull,
  ProfileId,
  perCategory,
  Role,
  RuleId,
  Slug,
  set,
  text,
  whole,
} from './shapes.ts';
import { EVIDENCE_LEVELS, YOUTUBE_LEVELS } from './types.ts';

/**
 * The shape of a policy document, said once: the parser checks with it, and `policies/policy.schema.json` is
 * its print for editors and other programs. Each description reads after "expected", because error messages
 * are made of them.
 */

const Clause = object({
  id: ClauseId,
  number: text(20),
  section: text(120),
  text: text(2000),
  rows: set(CatalogueRow),
  controls: maybe(set(Slug)),
  documents: maybe(set(Slug)),
  references: maybe(set(Slug)),
  roles: maybe(set(Slug)),
  says: maybe(list(Statement)),
});

const RoleDefinition = Type.Object(
  {
    id: Role,
    title: text(120),
    clause: ClauseId,
    holders: Type.Object({ min: whole(0, 1000), max: Type.Union([whole(1, 1000), Type.Null()]) }, closed),
    deputies: Type.Object({ min: whole(0, 100) }, closed),
    duties: list(text(400)),
    rows: set(CatalogueRow),
    undefinedInSource: maybe(flag()),
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
        kinds: Type.Optional(set(Kind, { minItems: 1 })),
        years: Type.Optional(set(whole(0, 14), { minItems: 1 })),
        groups: Type.Optional(set(text(60), { minItems: 1 })),
        roles: Type.Optional(set(Role, { minItems: 1 })),
      },
      closed,
    ),
    blocks: perCategory(ClauseId),
    uncategorised: oneOf(['allow', 'block']),
    listEvidence: maybe(oneOf(EVIDENCE_LEVELS)),
    safety: maybe(object({ safeSearch: maybe(flag()), youtube: maybe(oneOf(YOUTUBE_LEVELS)) })),
  },
  closed,
);

const cell = <const V extends string, P extends Record<string, TSchema>>(value: V, parts: P) =>
  object({ value: Type.Literal(value), ...parts, unconfirmed: maybe(flag()), rationale: maybe(text(400)) });
const people = { people: Type.Array(text(80), { maxItems: 5000, uniqueItems: true }) };

const Cell = Type.Union(
  [
    cell('allowed', {}),
    cell('not-allowed', {}),
    cell('illegal', {}),
    cell('times', { windows: list(WindowShape, { maxItems: 50 }) }),
    cell('selected', people),
    cell('nominated', people),
    cell('permission', {}),
  ],
  { description: 'a cell whose "value" is allowed, not-allowed, illegal, times, selected, nominated or permission' },
);

const Rule = object({
  id: RuleId,
  name: text(200),
  clause: ClauseId,
  action: ActionId,
  words: maybe(set(text(60))),
  class: maybe(oneOf(['illegal', 'prohibited', 'unsuitable'])),
  applies: maybe(Applies),
  categories: set(CategoryId),
  cells: object({ staff: maybe(Cell), pupil: maybe(Cell), guest: maybe(Cell) }),
});

const MonitoringRules = Type.Object(
  {
    repeated: Type.Object(
      {
        count: whole(2, 1000),
        minutes: whole(1, 1440),
        clause: ClauseId,
        except: set(CategoryId),
        proposed: maybe(flag()),
      },
      closed,
    ),
    grave: perCategory(Type.Object({ clause: ClauseId, urgency: oneOf(['urgent', 'soon']) }, closed)),
    escalation: list(
      Type.Object({ role: Role, rank: oneOf(['holder', 'deputy']), acknowledgeMinutes: whole(1, 1440) }, closed),
      { minItems: 1 },
    ),
    escalationClause: ClauseId,
    bypass: maybe(object({ count: whole(2, 1000), minutes: whole(1, 1440), clause: ClauseId })),
    classView: maybe(object({ windows: maybe(list(WindowShape, { maxItems: 50 })), others: set(Role), shown: flag() })),
  },
  closed,
);

const PasswordRules = object({
  rotation: orNull(
    object({
      every: oneOf(['half-term', 'term', 'academic-year', 'days']),
      days: maybe(whole(1, 3660)),
      for: maybe(set(Kind, { minItems: 1 })),
    }),
  ),
  minLength: whole(8, 128),
  classes: set(oneOf(['upper', 'lower', 'digit', 'symbol'])),
  clause: ClauseId,
});

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
    meta: Meta,
    clauses: list(Clause, { minItems: 1 }),
    roles: list(RoleDefinition, { minItems: 1 }),
    profiles: list(Profile, { minItems: 1 }),
    rules: list(Rule),
    monitoring: MonitoringRules,
    passwords: PasswordRules,
    notice: Type.Object({ text: text(1000), clause: ClauseId }, closed),
    retention: object({
      activityDays: whole(1, 3660),
      activityProposed: maybe(flag()),
      clause: ClauseId,
      classes: list(RetentionClass),
    }),
    devices: list(DeviceClass),
    recipients: list(Recipient),
    duties: list(Duty),
    incidents: Incidents,
    sanctions: Sanctions,
    deviceSearch: orNull(DeviceSearch),
    agreements: list(Agreement),
    selfAudit: SelfAudit,
    curriculum: list(LearningOutcome),
    training: list(Training),
    documents: list(LinkedDocument),
    references: list(Reference),
    modules: Modules,
    settings: Settings,
    findings: list(Finding),
    settled: list(Settlement),
  },
  { ...closed, $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'Gatehouse policy document, format 1' },
);

/** The schema as it stands in `policies/policy.schema.json`; `node src/policy/write-schema.ts` writes it there. */
export const schemaText = (): string => `${JSON.stringify(PolicySchema, null, 2)}\n`;
