import { readFileSync } from 'node:fs';
import { bareSchool, compilePolicy } from './compile.ts';
import type { SlotKind } from './sections.ts';
import type { Category, CompiledPolicy, PolicyDocument, SchoolFacts } from './types.ts';

/** For tests: the taxonomy that ships. */
export const taxonomy: readonly Category[] = (
  JSON.parse(readFileSync(new URL('../../lists/taxonomy.json', import.meta.url), 'utf8')) as { categories: Category[] }
).categories;

/** For tests: the smallest document there is, with `parts` in place of its own. */
export function policyOf(parts: Partial<PolicyDocument> = {}): PolicyDocument {
  const clause = 'rules.all';
  const profile = (id: string, kind: 'pupil' | 'staff') => ({
    id,
    name: id,
    audience: kind,
    clause,
    match: { kinds: [kind] },
    blocks: {},
    uncategorised: 'allow' as const,
  });
  return {
    format: 1,
    id: 'smallest',
    title: 'The smallest policy',
    model: 'test',
    version: '1',
    clauses: [{ id: clause, number: '1.1', section: 'Rules', text: 'Everything here.', rows: [] }],
    roles: [
      {
        id: 'dsl',
        title: 'DSL',
        clause,
        holders: { min: 1, max: 1 },
        deputies: { min: 0 },
        duties: [],
        rows: [],
      },
    ],
    profiles: [
      profile('pupil', 'pupil'),
      profile('staff', 'staff'),
      {
        id: 'unidentified',
        name: 'Not signed in',
        audience: 'pupil',
        clause,
        match: {},
        blocks: {},
        uncategorised: 'block',
      },
    ],
    rules: [],
    monitoring: {
      repeated: { count: 5, minutes: 10, clause, except: [] },
      grave: {},
      escalation: [{ role: 'dsl', rank: 'holder', acknowledgeMinutes: 5 }],
      escalationClause: clause,
    },
    passwords: { rotation: null, minLength: 8, classes: [], clause },
    notice: { text: 'You are monitored.', clause },
    retention: { activityDays: 30, clause, classes: [] },
    meta: {
      author: 'DSL',
      created: '2026-01-05',
      lastReviewed: '2026-01-05',
      approvedBy: 'Governing body',
      approvedOn: '2026-01-12',
      nextReview: '2027-01-05',
      period: { from: '2026-01-12', to: '2027-01-12' },
      reviewMonths: 12,
      reviewers: ['dsl'],
      approver: 'dsl',
      needsRiskAssessment: false,
      phases: ['KS3', 'KS4'],
    },
    devices: [],
    recipients: [],
    duties: [],
    incidents: {
      lead: 'dsl',
      seniors: 1,
      designatedComputer: false,
      abuseImageFirst: 'dsl',
      closedBy: ['dsl'],
      externalRecord: null,
      clocks: [{ severity: 'urgent', firstActionMinutes: 60, outcomeDays: 5, escalateTo: 'dsl' }],
      clocksProposed: true,
      clause,
    },
    sanctions: { pupil: { table: null, procedure: 'behaviour' }, staff: { table: null, procedure: 'behaviour' } },
    deviceSearch: null,
    agreements: [],
    selfAudit: { clause: null, document: null, questions: [] },
    curriculum: [],
    training: [],
    documents: [
      {
        id: 'behaviour',
        title: 'Behaviour policy',
        kind: 'policy',
        supplied: true,
        reviewMonths: 12,
        clause,
        rows: [],
      },
    ],
    references: [],
    modules: {
      userActions: true,
      sanctionTables: false,
      deviceSearch: false,
      riskAssessment: false,
      ai: false,
      officialAccounts: false,
      licences: false,
    },
    settings: {
      accountIssuer: null,
      sealedPasswordHolder: null,
      onlineSafetyLead: 'dsl',
      filterChanges: { approver: 'dsl', two: true, maxDays: 90, bypass: ['filtering'] },
      guests: { types: [], maxDays: 30, mustAgree: true, access: 'INTERNET_ONLY' },
      privateSocialMedia: { value: 'selected', minutesPerDay: null },
      externalBodies: [],
      parentSignature: { asked: true, neededForAccess: false },
      imageChannels: [],
      individualEmailFrom: null,
      riskAssessments: [],
      dataProtection: [],
      software: { install: [], removableMedia: { staff: 'none', pupil: 'none', guest: 'none' } },
      officialAccountAdministrators: null,
      workDevices: [],
      technicalSupplier: 'in-house',
      monitored: ['pupil', 'staff'],
      unsigned: { effect: 'block', graceDays: 0 },
    },
    findings: [],
    settled: [],
    ...parts,
  };
}

/** For tests: a compiled document of the school's time zone. */
export const compiled = (doc: PolicyDocument): CompiledPolicy =>
  compilePolicy(doc, taxonomy, bareSchool('Europe/London'));

/** For tests: an instant as the school's clocks show it. */
export const londonTime = (local: string): number =>
  Temporal.ZonedDateTime.from(`${local}[Europe/London]`).epochMilliseconds;
const WEEKDAYS = [1, 2, 3, 4, 5];
/** For tests: a school with terms and a timetable. */
export const SCHOOL: SchoolFacts = {
  timeZone: 'Europe/London',
  terms: [
    { from: '2026-09-02', to: '2026-12-18', halfTerm: { from: '2026-10-26', to: '2026-10-30' } },
    { from: '2027-01-04', to: '2027-03-25', halfTerm: null },
  ],
  slots: [
    { kind: 'tutor-time', days: WEEKDAYS, from: '08:40', to: '09:00' },
    { kind: 'lesson', days: WEEKDAYS, from: '09:00', to: '10:40' },
    { kind: 'break', days: WEEKDAYS, from: '10:40', to: '11:00' },
    { kind: 'lesson', days: WEEKDAYS, from: '11:00', to: '12:20' },
    { kind: 'lunch', days: WEEKDAYS, from: '12:20', to: '13:05' },
    { kind: 'club', days: WEEKDAYS, from: '15:15', to: '16:15' },
  ],
  grants: [],
};
/** For tests: one moment of each, on the same school day. */
export const MOMENT: Readonly<Record<SlotKind | 'home', number>> = {
  'tutor-time': londonTime('2026-11-23T08:45'),
  lesson: londonTime('2026-11-23T10:00'),
  break: londonTime('2026-11-23T10:45'),
  lunch: londonTime('2026-11-23T12:30'),
  club: londonTime('2026-11-23T15:30'),
  home: londonTime('2026-11-23T19:00'),
};
/** For tests: walks down a document by `where`, taken round, and puts something there; `undefined` takes away. */
export function change(node: Record<string, unknown>, where: readonly number[], put: unknown): void {
  const keys = Object.keys(node);
  const key = keys[(where[0] ?? 0) % keys.length];
  if (key === undefined) return;
  const next = node[key];
  if (where.length > 1 && typeof next === 'object' && next !== null && Object.keys(next).length > 0) {
    change(next as Record<string, unknown>, where.slice(1), put);
  } else if (put === undefined && Array.isArray(node)) node.splice(Number(key), 1);
  else if (put === undefined) delete node[key];
  else node[key] = structuredClone(put);
}
