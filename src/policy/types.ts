import type {
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
  SlotKind,
  Statement,
  Training,
} from './sections.ts';

/**
 * The policy document: what a school's governing body signed, as data. `policies/*.json` hold the shipped
 * ones; the JSON Schema beside them says the same to other programs. Every control reads a compiled form of
 * the version in force and nothing else.
 */
export interface PolicyDocument {
  readonly format: 1;
  readonly id: string;
  readonly title: string;
  /** 'G' or 'B': which seed it is modelled on; the school's own after that. */
  readonly model: string;
  readonly version: string;
  readonly meta: Meta;
  readonly clauses: readonly Clause[];
  readonly roles: readonly RoleDefinition[];
  readonly profiles: readonly Profile[];
  /** User-action rows (UAR) and communications rows (COM): a cell per audience. */
  readonly rules: readonly Rule[];
  readonly monitoring: MonitoringRules;
  readonly passwords: PasswordRules;
  /** What everybody is told at sign-in (MON-04). */
  readonly notice: { readonly text: string; readonly clause: string };
  readonly retention: {
    readonly activityDays: number;
    /** True where the source names no time for it. */
    readonly activityProposed?: boolean;
    readonly clause: string;
    readonly classes: readonly RetentionClass[];
  };
  readonly devices: readonly DeviceClass[];
  readonly recipients: readonly Recipient[];
  readonly duties: readonly Duty[];
  readonly incidents: Incidents;
  readonly sanctions: Sanctions;
  readonly deviceSearch: DeviceSearch | null;
  readonly agreements: readonly Agreement[];
  readonly selfAudit: SelfAudit;
  readonly curriculum: readonly LearningOutcome[];
  readonly training: readonly Training[];
  readonly documents: readonly LinkedDocument[];
  readonly references: readonly Reference[];
  readonly modules: Modules;
  readonly settings: Settings;
  readonly findings: readonly Finding[];
  readonly settled: readonly Settlement[];
}

export interface Clause {
  /** Stable within the document: `filtering.extremism`. */
  readonly id: string;
  /** As printed: "4.3". */
  readonly number: string;
  readonly section: string;
  readonly text: string;
  /** Catalogue rows this clause comes from. */
  readonly rows: readonly string[];
  /** Controls that keep it (controls.ts); a clause that names none is shown as such. */
  readonly controls?: readonly string[];
  /** Documents, guidance and roles that its words point to; what is not defined is a dead reference. */
  readonly documents?: readonly string[];
  readonly references?: readonly string[];
  readonly roles?: readonly string[];
  /** What its words say about actions, where no rule of this clause says it. */
  readonly says?: readonly Statement[];
}

export interface RoleDefinition {
  /** Product role: `dsl`. The school's own title stands in `title`. */
  readonly id: RoleId;
  readonly title: string;
  readonly clause: string;
  /** How many must hold it before the school is complete; deputies counted apart. */
  readonly holders: { readonly min: number; readonly max: number | null };
  readonly deputies: { readonly min: number };
  readonly duties: readonly string[];
  readonly rows: readonly string[];
  /** Named in the source but never defined there: the school says who it is (K12, K13, ROL-04, ROL-18). */
  readonly undefinedInSource?: boolean;
}

/** Product roles (ROL-01..18). Titles differ from school to school; these do not. */
export const ROLE_IDS = [
  'administrator',
  'dsl',
  'head',
  'centre-lead',
  'ict-manager',
  'filter-approver',
  'lead-governor',
  'governor',
  'chair',
  'coordinator',
  'online-safety-coordinator',
  'teacher',
  'staff',
  'pupil',
  'parent',
  'volunteer',
  'visitor',
  'nominated-person',
  'online-safety-group',
  'senior-risk-officer',
  'data-protection-officer',
  'subject-lead',
  'curriculum-lead',
  'tutor',
  'publisher',
  'communications',
] as const;
export type RoleId = (typeof ROLE_IDS)[number];

/** Who leads on safeguarding from day to day: the DSL in a school, the centre lead in a tuition centre (ROL-03, ROL-11). */
export const LEADING_ROLES: readonly RoleId[] = ['dsl', 'centre-lead'];

/** See every alert and case that is not about them. `gh_safeguarding()` in migrations/0005 says the same to the database. */
export const SAFEGUARDING_ROLES: readonly RoleId[] = [...LEADING_ROLES, 'head'];

/** Whom a policy's escalation may name (ALR-10). Beyond the safeguarding roles they see what was brought to them. */
export const ESCALATION_ROLES: readonly RoleId[] = [
  ...SAFEGUARDING_ROLES,
  'online-safety-coordinator',
  'coordinator',
  'chair',
  'lead-governor',
];

/** Kinds of person a school keeps accounts for. */
export const PERSON_KINDS = ['pupil', 'staff', 'governor', 'parent', 'volunteer', 'visitor'] as const;
export type PersonKind = (typeof PERSON_KINDS)[number];

/** The profile of everybody nobody could name; every document has it, and nobody chooses it. */
export const UNIDENTIFIED = 'unidentified';

export interface Profile {
  /** `pupil-8`, `sixth-form`, `staff`, `guest`, `unidentified`. */
  readonly id: string;
  readonly name: string;
  /** Which column of the rules applies. */
  readonly audience: Audience;
  /** The clause that sets this profile apart; what the rules leave open is answered under it. */
  readonly clause: string;
  /** Who falls under it: the first profile that matches a person wins. */
  readonly match: {
    readonly kinds?: readonly PersonKind[];
    readonly years?: readonly number[];
    /** Forms or groups, as they are called here. */
    readonly groups?: readonly string[];
    /** Somebody who holds one of these, first or as deputy. */
    readonly roles?: readonly RoleId[];
  };
  /** Blocked here besides what the rules block: category → clause. */
  readonly blocks: Readonly<Record<string, string>>;
  /** Addresses in no category. */
  readonly uncategorised: 'allow' | 'block';
  /** How sure the lists must be that a site is of some kind; left out: `usual`. */
  readonly listEvidence?: EvidenceLevel;
  /** Safe search and YouTube, where it is not what is usual for such people (safety.ts). */
  readonly safety?: { readonly safeSearch?: boolean; readonly youtube?: YouTubeLevel };
}

/** YouTube's restricted mode, from none to strict; Google's own words for it. */
export const YOUTUBE_LEVELS = ['none', 'moderate', 'strict'] as const;
export type YouTubeLevel = (typeof YOUTUBE_LEVELS)[number];

/** From the level at which the least is believed, and so the most closed, to the one that believes only what is certain. */
export const EVIDENCE_LEVELS = ['careful', 'usual', 'sure'] as const;
export type EvidenceLevel = (typeof EVIDENCE_LEVELS)[number];

export type Audience = 'staff' | 'pupil' | 'guest';

/** One row of a matrix. Categories tie it to the filter; what it says of its action, "May I?" and cases read. */
export interface Rule {
  /** Catalogue id where there is one: `UAR-20`, `COM-09`. */
  readonly id: string;
  readonly name: string;
  readonly clause: string;
  /** What it is about: rules of one action speak together, and the strictest decides. */
  readonly action: string;
  /** Other words that people use for it, for questions in plain words. */
  readonly words?: readonly string[];
  /** UAR-01: against the law, forbidden, or lawful but out of place in school. */
  readonly class?: 'illegal' | 'prohibited' | 'unsuitable';
  readonly applies?: Applies;
  readonly categories: readonly string[];
  readonly cells: Readonly<Partial<Record<Audience, Cell>>>;
}

/** Empty conditions deny (COM-12, UAR-19). `unconfirmed`: the source is unclear here and the school must be asked. */
export type Cell = (
  | { readonly value: 'allowed' }
  | { readonly value: 'not-allowed' }
  | { readonly value: 'illegal' }
  | { readonly value: 'times'; readonly windows: readonly TimeWindow[] }
  | { readonly value: 'selected'; readonly people: readonly string[] }
  | { readonly value: 'nominated'; readonly people: readonly string[] }
  | { readonly value: 'permission' }
) & { readonly unconfirmed?: boolean; readonly rationale?: string };

/** How much a cell closes; where several speak of one category the strictest decides (UAR-26, GOV-34). */
export const STRICTNESS: Readonly<Record<ResolvedCell['value'], number>> = {
  illegal: 5,
  'not-allowed': 4,
  permission: 3,
  selected: 3,
  nominated: 3,
  times: 2,
  quota: 2,
  allowed: 1,
};

/**
 * When a cell is open. By the clock: days 1 (Monday) to 7 and `HH:MM` in the school's time zone, `to` not included. By
 * the timetable: slots of these kinds. `term`: in term time only, half-term breaks left out.
 */
export type TimeWindow = ClockWindow | SlotWindow;
export interface ClockWindow {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly term?: boolean;
}
export interface SlotWindow {
  readonly slots: readonly SlotKind[];
  readonly days?: readonly number[];
  readonly term?: boolean;
}

export interface MonitoringRules {
  /** MON-07: `count` blocked requests of one person in one category within `minutes`; `proposed`: the source says neither. */
  readonly repeated: {
    readonly count: number;
    readonly minutes: number;
    readonly clause: string;
    readonly except: readonly string[];
    readonly proposed?: boolean;
  };
  /** Categories that alert at the first request, and how they read. */
  readonly grave: Readonly<Record<string, { readonly clause: string; readonly urgency: 'urgent' | 'soon' }>>;
  /** ALR-10: who is told, in order; each has `acknowledgeMinutes` before the next is told. */
  readonly escalation: readonly {
    readonly role: RoleId;
    readonly rank: 'holder' | 'deputy';
    readonly acknowledgeMinutes: number;
  }[];
  readonly escalationClause: string;
  /** FCR-06: so many tries to get round the filter within `minutes`; left out: `BYPASS_USUAL`. */
  readonly bypass?: { readonly count: number; readonly minutes: number; readonly clause: string };
  /** MON-10: the live view of a class; left out: `CLASS_VIEW_USUAL`. */
  readonly classView?: ClassViewRules;
}

export interface ClassViewRules {
  /** When a class may be looked at; left out: whenever its teacher is with it. */
  readonly windows?: readonly TimeWindow[];
  /** Who besides its own teachers may look at a class, with a reason. */
  readonly others: readonly RoleId[];
  /** Do pupils see on their own page that their class was looked at? */
  readonly shown: boolean;
}

/** Three are no accident: a browser asks for one name by itself, and asks for it again and again. */
export const BYPASS_USUAL = { count: 3, minutes: 15 } as const;
export const CLASS_VIEW_USUAL: ClassViewRules = { others: SAFEGUARDING_ROLES, shown: true };

export interface PasswordRotation {
  readonly every: 'half-term' | 'term' | 'academic-year' | 'days';
  /** How many, where it goes by days and not by the calendar. */
  readonly days?: number;
  readonly for?: readonly PersonKind[];
}

export interface PasswordRules {
  /** D01: when a new one is chosen, and by whom where not by everybody; null where the policy orders none. */
  readonly rotation: PasswordRotation | null;
  readonly minLength: number;
  readonly classes: readonly ('upper' | 'lower' | 'digit' | 'symbol')[];
  readonly clause: string;
}

export type Outcome = 'allow' | 'warn' | 'block';

/** Why: the same words on the block page, in the log and in the report (design idea 2). */
export interface Because {
  /**
   * A rule id such as `UAR-20`; `profile` (the profile blocks it, or nothing restricts it); `uncategorised`;
   * `safety.illegal`, `safety.help`, `safety.extremism`, `safety.dangerous`; `no-policy`.
   */
  readonly rule: string;
  /** The category that decided, null when none did. */
  readonly category: string | null;
  /** Clause id in the policy, null only for the safety floor and `no-policy`. */
  readonly clause: string | null;
  /** One plain sentence for the person who asked. */
  readonly text: string;
  /** What would change the answer; null when nothing may (FIL-02, FCR-07). */
  readonly remedy: 'ask' | 'wait' | 'sign-in' | null;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly because: Because;
}

/** A category of Gatehouse's own taxonomy, `lists/taxonomy.json`. */
export interface Category {
  readonly id: string;
  readonly name: string;
  readonly about: string;
  /** RSK-01..04, null for neutral and positive categories. */
  readonly risk: 'RSK-01' | 'RSK-02' | 'RSK-03' | 'RSK-04' | null;
  /** UK Safer Internet Centre heading ("Appropriate filtering"), where one fits. */
  readonly heading: string | null;
  /** User-action rows it belongs to. */
  readonly uar: readonly string[];
  /** `illegal`: can never be opened (FIL-02). `help`: can never be blocked by a category. `positive`: speaks for a site. */
  readonly nature: 'ordinary' | 'illegal' | 'help' | 'positive' | 'technical';
}

/**
 * What a policy must know of its school before it can answer: the calendar, the timetable, and who was given what. An
 * empty part closes what depends on it.
 */
export interface SchoolFacts {
  readonly timeZone: string;
  /** Days as YYYY-MM-DD, both included. */
  readonly terms: readonly (DaySpan & { readonly halfTerm: DaySpan | null })[];
  readonly slots: readonly {
    readonly kind: SlotKind;
    readonly days: readonly number[];
    readonly from: string;
    readonly to: string;
  }[];
  /** Lists and permissions (COM-12): this person, under this rule, from then until then (epoch ms; null: no end). */
  readonly grants: readonly (Lease & { readonly rule: string })[];
  /** Whose minutes of today are used up, under which rule (SOC-18). */
  readonly used?: readonly (Lease & { readonly rule: string })[];
}
export interface DaySpan {
  readonly from: string;
  readonly to: string;
}
export interface Lease {
  readonly person: string;
  readonly from: number;
  readonly until: number | null;
}

/** A cell with the school's facts put in: windows on the clock, people by name. */
export type ResolvedCell = (
  | { readonly value: 'allowed' }
  | { readonly value: 'not-allowed' }
  | { readonly value: 'illegal' }
  | { readonly value: 'times'; readonly windows: readonly OpenWindow[] }
  | { readonly value: 'selected' | 'nominated' | 'permission'; readonly people: readonly Lease[] }
  /** So many minutes a day for each; `used`: for whom they are used up, from when and until when. */
  | { readonly value: 'quota'; readonly minutes: number; readonly used: readonly Lease[] }
) & { readonly unconfirmed?: boolean };
/** `dates`: open only within these days; left out: on every day. */
export interface OpenWindow {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly dates?: readonly DaySpan[];
}

/** Everything the gateway needs of one policy version, flat and quick to read. */
export interface CompiledPolicy {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly timeZone: string;
  readonly profiles: readonly CompiledProfile[];
  readonly clauses: Readonly<Record<string, { readonly number: string; readonly text: string }>>;
  /** The whole taxonomy, gravest first: where two categories are refused alike, the graver one is named. */
  readonly categories: Readonly<Record<string, { readonly name: string; readonly nature: Category['nature'] }>>;
  /** COM-13: the school's own mail; each host stands for everything below it too. */
  readonly mail?: { readonly hosts: readonly string[]; readonly clause: string | null };
}

export interface CompiledProfile {
  readonly id: string;
  readonly name: string;
  readonly audience: Audience;
  readonly clause: string;
  readonly uncategorised: 'allow' | 'block';
  /** Left out: `usual`. */
  readonly listEvidence?: EvidenceLevel;
  /** Category → every cell that speaks of it, strictest first. A category that is not here is allowed. */
  readonly cells: Readonly<Record<string, readonly CompiledCell[]>>;
}

export interface CompiledCell {
  readonly rule: string;
  /** Null only where the safety floor speaks and the document is silent. */
  readonly clause: string | null;
  readonly cell: ResolvedCell;
}
