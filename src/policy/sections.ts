import Type, { type Static, type TSchema } from 'typebox';
import {
  ActionId,
  AudienceName,
  CatalogueRow,
  ClauseId,
  closed,
  Day,
  FromTime,
  flag,
  HostName,
  Kind,
  list,
  maybe,
  object,
  oneOf,
  orNull,
  Role,
  RuleId,
  Slug,
  set,
  ToTime,
  text,
  whole,
} from './shapes.ts';

/**
 * The parts of a policy document that say who does what, when and with which consequence; the parts that the
 * filter itself obeys stand in schema.ts. Shape and type are said once here.
 */

export const SLOT_KINDS = ['lesson', 'tutor-time', 'break', 'lunch', 'club'] as const;
export const ZONE_KINDS = ['main-building', 'outside', 'off-site'] as const;
export const PHASES = ['KS1', 'KS2', 'KS3', 'KS4', 'KS5', 'end-of-secondary', 'all'] as const;

const Days = set(whole(1, 7), { minItems: 1 });
export const WindowShape = Type.Union(
  [
    object({ days: Days, from: FromTime, to: ToTime, term: maybe(flag()) }),
    object({ slots: set(oneOf(SLOT_KINDS), { minItems: 1 }), days: maybe(Days), term: maybe(flag()) }),
  ],
  { description: 'a window such as {"days": [1, 2], "from": "12:30", "to": "13:15"} or {"slots": ["lunch"]}' },
);

/** Where, when and with what a rule speaks; what is left out is not asked. Elsewhere the rule is silent. */
export const Applies = object({
  slots: maybe(set(oneOf(SLOT_KINDS), { minItems: 1 })),
  zones: maybe(set(oneOf(ZONE_KINDS), { minItems: 1 })),
  equipment: maybe(oneOf(['school', 'personal'])),
});

/**
 * What a text says about an action without being what the software obeys. Lint compares statements with each other
 * and with the rules, and so finds where a policy contradicts itself (GOV-34).
 */
export const Statement = object({
  action: ActionId,
  audience: AudienceName,
  value: oneOf(['allowed', 'not-allowed', 'illegal', 'times', 'selected', 'nominated', 'permission']),
  applies: maybe(Applies),
});

/** GOV-02, GOV-04: what must be complete before a version is published. Bodies and roles, never people's names. */
export const Meta = object({
  author: orNull(text(120)),
  created: orNull(Day),
  lastReviewed: orNull(Day),
  approvedBy: orNull(text(120)),
  approvedOn: orNull(Day),
  nextReview: orNull(Day),
  period: object({ from: orNull(Day), to: orNull(Day) }),
  /** The cycle that the text promises, in months (D36). */
  reviewMonths: whole(1, 60),
  /** Who signs a draft before it goes for approval (GOV-08). */
  reviewers: set(Role),
  /** Whose decision puts a version in force (GOV-05). */
  approver: Role,
  /** RSK-07: no approval without a risk assessment that is in date. */
  needsRiskAssessment: flag(),
  /** Key stages that the school teaches; what a policy says of others is carried but not in use (K15). */
  phases: set(oneOf(PHASES)),
});

/** A period that comes round, or something that must follow an event within a time. */
export const Period = Type.Union(
  [
    object({
      every: oneOf(['day', 'week', 'month', 'half-term', 'term', 'academic-year', 'calendar-year']),
      /** Every n-th: 2 with academic-year is every second year. */
      times: maybe(whole(1, 10)),
    }),
    object({ after: text(120), within: orNull(object({ minutes: whole(0, 60 * 24 * 366) })) }),
  ],
  { description: 'a period such as {"every": "term"} or {"after": "a new starter", "within": null}' },
);

/** A duty that comes round (Part 4 of the catalogue). */
export const Duty = object({
  id: RuleId,
  title: text(200),
  owner: Type.Union([Role, Type.Literal('everyone'), Type.Literal('system')], {
    description: 'a role, "everyone" or "system"',
  }),
  deputy: orNull(Role),
  period: Period,
  /** True where the source names no period and this one is our proposal. */
  proposed: flag(),
  evidence: object({
    form: oneOf(['statement', 'document', 'minute', 'checklist', 'record', 'automatic']),
    text: text(300),
  }),
  /** Who is told when it is late, besides its owner and deputy. */
  escalation: object({ role: Role, afterDays: whole(0, 90) }),
  clause: ClauseId,
  rows: set(CatalogueRow),
});

/** Which way a device belongs to somebody, and what that gives it (matrix B-1). Exactly one access level is true. */
export const DeviceClass = object({
  id: Slug,
  name: text(120),
  ownership: oneOf(['school', 'scheme', 'child', 'staff', 'visitor']),
  shared: flag(),
  cells: object({ inSchool: flag(), full: flag(), internetOnly: flag(), none: flag() }),
  /** A record without which the device counts as child-owned (DEV-04). */
  needs: maybe(oneOf(['scheme-record'])),
  clause: ClauseId,
  rationale: maybe(text(400)),
  unconfirmed: maybe(flag()),
});

export const REPORT_KINDS = [
  'concern',
  'misuse',
  'technical-fault',
  'filter-failure',
  'security-incident',
  'hurtful-message',
  'abuse-image',
  'staff-allegation',
  'head-allegation',
  'device-question',
  'monitoring-report',
  'online-safety-report',
] as const;

/** Who gets what (D06, D07). `within`: minutes to acknowledge before the deputy is told; `proposed`: the source names none. */
export const Recipient = object({
  report: oneOf(REPORT_KINDS),
  to: list(Role, { minItems: 1 }),
  within: orNull(whole(1, 60 * 24 * 31)),
  proposed: maybe(flag()),
  nilReport: flag(),
  clause: ClauseId,
  rows: set(CatalogueRow),
});

/**
 * What a type of incident is to the menu besides its cells. `minor`: telling the police takes a second senior's word
 * (SAN-02). `repeat`: only for somebody with earlier proven cases (SAN-15, SAN-24). `unreported`: not for somebody who told
 * of it promptly (SAN-18). The others bring a task or a question of their own with them (SAN-10..14, SAN-17).
 */
export const INCIDENT_MARKS = [
  'minor',
  'repeat',
  'unreported',
  'bullying',
  'reset-password',
  'secure-account',
  'data-breach',
  'restore',
  'filter',
] as const;

const sanctionParts = <T extends TSchema>(incident: T) => ({
  name: text(120),
  actions: list(object({ id: Slug, name: text(120), row: orNull(CatalogueRow) })),
  incidents: list(
    object({
      id: incident,
      name: text(200),
      /** False for rows offered as a template only; the menu leaves them out. */
      inPolicy: flag(),
      cells: Type.Record(Slug, oneOf(['not-available', 'available', 'default', 'required']), {
        ...closed,
        description: 'actions, each with its answer',
      }),
      marks: maybe(set(oneOf(INCIDENT_MARKS))),
    }),
  ),
  clause: ClauseId,
});

const SanctionTable = object({
  ...sanctionParts(RuleId),
  /** The source lost this table's headings: the school confirms them before it is used (SAN-21). */
  unconfirmed: maybe(flag()),
});
const sanctionsOf = object({
  table: orNull(SanctionTable),
  procedure: Slug,
  /** SAN-34: what the procedure lets follow, by the product's own types of incident, where there is no table. */
  mapping: maybe(object(sanctionParts(Slug))),
});

/** D20. Without a table of its own a school maps types of incident to a procedure (SAN-34). */
export const Sanctions = object({
  pupil: sanctionsOf,
  staff: sanctionsOf,
  /** SAN-35: the actions that wait while an appeal against them is open. */
  pausedByAppeal: maybe(set(Slug)),
});

/** D21, D22, D24, D25: how an incident is handled. */
export const Incidents = object({
  lead: Role,
  seniors: whole(1, 5),
  designatedComputer: flag(),
  abuseImageFirst: oneOf(['police', 'dsl']),
  closedBy: set(Role, { minItems: 1 }),
  externalRecord: orNull(object({ system: text(80), withinDays: whole(1, 90) })),
  clocks: list(
    object({
      severity: oneOf(['urgent', 'serious', 'routine']),
      firstActionMinutes: whole(1, 60 * 24 * 31),
      outcomeDays: whole(1, 365),
      escalateTo: Role,
    }),
    { minItems: 1 },
  ),
  /** True where the source names no times and these are our proposal. */
  clocksProposed: flag(),
  clause: ClauseId,
});

/** D23: how a pupil's device may be searched; null where the policy has no such part. */
export const DeviceSearch = object({
  authorisedBy: Role,
  advice: set(Role, { minItems: 1 }),
  respondWith: set(Role, { minItems: 1 }),
  grounds: list(object({ id: Slug, text: text(300), row: CatalogueRow }), { minItems: 1 }),
  reasons: list(object({ id: Slug, text: text(300), row: CatalogueRow }), { minItems: 1 }),
  /** What the school's rules name among the things that may be searched for (SRC-03). */
  banned: list(object({ id: Slug, text: text(200) }), { minItems: 1 }),
  /**
   * How long a device that may be evidence can be kept here before those above are told that the police have not got it
   * (SRC-16). `proposed`: the source says only "as soon as can be".
   */
  handOver: object({ minutes: whole(5, 60 * 24 * 14), proposed: flag() }),
  clause: ClauseId,
});

export const Agreement = object({
  id: Slug,
  title: text(200),
  signedBy: set(Kind, { minItems: 1 }),
  /** The document that holds the text where the policy only names it. */
  document: orNull(Slug),
  terms: list(
    object({
      row: CatalogueRow,
      who: oneOf(['pupil', 'parent', 'adult']),
      text: text(600),
      backedBy: set(text(40)),
      says: maybe(list(Statement)),
    }),
  ),
  renewal: Period,
  clause: ClauseId,
});

export const SelfAudit = object({
  clause: orNull(ClauseId),
  document: orNull(Slug),
  questions: list(
    object({ number: whole(1, 99), text: text(300), followWhen: oneOf(['yes', 'no']), followUp: text(300) }),
  ),
});

/** What pupils are to learn (D32). */
export const LearningOutcome = object({
  id: RuleId,
  phase: oneOf(PHASES),
  text: text(600),
  clause: ClauseId,
  rows: set(CatalogueRow),
});

export const Training = object({
  id: Slug,
  title: text(200),
  text: text(600),
  for: set(Role, { minItems: 1 }),
  period: Period,
  /** True where the source asks for it and names no period. */
  proposed: maybe(flag()),
  clause: ClauseId,
  rows: set(CatalogueRow),
});

export const RetentionClass = object({
  id: Slug,
  name: text(120),
  keepDays: whole(1, 36600),
  from: oneOf(['recorded', 'closed', 'left']),
  atEnd: oneOf(['delete', 'review']),
  proposed: flag(),
  clause: ClauseId,
});

/** A document that the policy belongs together with: a linked policy, a form, an agreement (GOV-21..31, K11). */
export const LinkedDocument = object({
  id: Slug,
  title: text(200),
  kind: oneOf(['policy', 'procedure', 'agreement', 'form', 'plan']),
  /** Whether the source came with it; the register shows what a school has given since. */
  supplied: flag(),
  reviewMonths: whole(1, 60),
  clause: ClauseId,
  rows: set(CatalogueRow),
});

/** Guidance or law that the policy rests on (GOV-14..20). */
export const Reference = object({
  id: Slug,
  title: text(200),
  publisher: text(120),
  /** The edition that was consulted, as the publisher dates it; null where the source names none. */
  edition: orNull(text(40)),
  kind: oneOf(['statutory', 'advice', 'act', 'standard', 'contract']),
  reviewMonths: whole(1, 60),
  clause: ClauseId,
  rows: set(CatalogueRow),
});

/** Parts of the product that a policy may leave off (D19, D23, D33, D37, D38). */
export const Modules = object({
  userActions: flag(),
  sanctionTables: flag(),
  deviceSearch: flag(),
  riskAssessment: flag(),
  ai: flag(),
  officialAccounts: flag(),
  licences: flag(),
});

const Megabytes = whole(10, 1_000_000);

/** Settings without a matrix or section of their own. Null: the source gives no value and the school is asked. */
export const Settings = object({
  /** D03 */ accountIssuer: orNull(Role),
  /** D04 */ sealedPasswordHolder: orNull(Role),
  /** D05 */ onlineSafetyLead: Role,
  /** D10 */ filterChanges: object({
    approver: Role,
    two: flag(),
    maxDays: whole(1, 400),
    bypass: set(oneOf(['filtering', 'monitoring'])),
    unconfirmed: maybe(flag()),
  }),
  /** D13 */ guests: object({
    types: list(text(60)),
    maxDays: whole(1, 400),
    mustAgree: flag(),
    access: oneOf(['FULL', 'INTERNET_ONLY', 'NONE']),
    unconfirmed: maybe(flag()),
  }),
  /** D18 */ privateSocialMedia: object({
    value: oneOf(['never', 'times', 'selected', 'reasonable']),
    minutesPerDay: orNull(whole(1, 480)),
    /** With `times`: when. */
    windows: maybe(list(WindowShape, { maxItems: 50 })),
  }),
  /** COM-13: the school's own mail, of all services of mail the one that stays open. */
  schoolMail: maybe(object({ hosts: set(HostName) })),
  /** UAR-17: more than this within an hour is unfair to others, and goes on slowly. */
  fairUse: maybe(
    orNull(
      object({
        megabytesAnHour: object({ staff: Megabytes, pupil: Megabytes, guest: Megabytes }),
        kilobitsASecond: whole(64, 1_000_000),
        unconfirmed: maybe(flag()),
      }),
    ),
  ),
  /** D26 */ externalBodies: list(text(120)),
  /** D28 */ parentSignature: object({ asked: flag(), neededForAccess: flag(), unconfirmed: maybe(flag()) }),
  /** D29 */ imageChannels: list(text(60)),
  /** D30 */ individualEmailFrom: orNull(oneOf(['KS1', 'KS2', 'KS3', 'KS4'])),
  /** D33 */ riskAssessments: list(object({ kind: text(80), months: whole(1, 60) })),
  /** D34 */ dataProtection: set(
    oneOf([
      'encryption',
      'removable-media',
      'ico-fee',
      'officer',
      'dpia',
      'privacy-notice',
      'rights',
      'breach-72-hours',
      'foi',
      'suppliers',
      'staff-training',
    ]),
  ),
  /** D35 */ software: object({
    install: set(Role),
    removableMedia: object({
      staff: oneOf(['none', 'registered', 'read-only']),
      pupil: oneOf(['none', 'registered', 'read-only']),
      guest: oneOf(['none', 'registered', 'read-only']),
    }),
    unconfirmed: maybe(flag()),
  }),
  /** D38 */ officialAccountAdministrators: orNull(whole(1, 10)),
  /** D39 */ workDevices: set(
    oneOf(['password', 'encryption', 'auto-lock', 'not-shared', 'anti-virus', 'updates', 'work-only', 'school-device']),
  ),
  /** D40 */ technicalSupplier: oneOf(['in-house', 'outside-provider']),
  /** D42 */ monitored: set(Kind, { minItems: 1 }),
  /** D43 */ unsigned: object({
    effect: oneOf(['block', 'grace', 'warn']),
    graceDays: whole(0, 90),
    unconfirmed: maybe(flag()),
  }),
});

/** A contradiction that a person found and no program could, or a decision that settles one (GOV-34). */
export const Finding = object({
  id: Type.String({ pattern: '^[A-Z][0-9]{2}$', description: 'an id such as "K01"' }),
  title: text(160),
  text: text(1000),
  clauses: set(ClauseId),
  /** What holds until it is settled. */
  interim: text(400),
});
export const Settlement = object({
  /** A finding's id, or the key that lint gives to a clash. */
  clash: text(160),
  decision: text(600),
  reason: text(600),
  by: Role,
  on: Day,
});

export type Applies = Static<typeof Applies>;
export type Statement = Static<typeof Statement>;
export type Meta = Static<typeof Meta>;
export type Period = Static<typeof Period>;
export type Duty = Static<typeof Duty>;
export type DeviceClass = Static<typeof DeviceClass>;
export type ReportKind = (typeof REPORT_KINDS)[number];
export type Recipient = Static<typeof Recipient>;
export type SanctionTable = Static<typeof SanctionTable>;
export type Sanctions = Static<typeof Sanctions>;
export type Incidents = Static<typeof Incidents>;
export type DeviceSearch = Static<typeof DeviceSearch>;
export type Agreement = Static<typeof Agreement>;
export type SelfAudit = Static<typeof SelfAudit>;
export type LearningOutcome = Static<typeof LearningOutcome>;
export type Training = Static<typeof Training>;
export type RetentionClass = Static<typeof RetentionClass>;
export type LinkedDocument = Static<typeof LinkedDocument>;
export type Reference = Static<typeof Reference>;
export type Modules = Static<typeof Modules>;
export type Settings = Static<typeof Settings>;
export type Finding = Static<typeof Finding>;
export type Settlement = Static<typeof Settlement>;
export type SlotKind = (typeof SLOT_KINDS)[number];
export type ZoneKind = (typeof ZONE_KINDS)[number];
export type Phase = (typeof PHASES)[number];
