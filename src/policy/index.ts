export {
  ASSUMED,
  comesRound,
  dueAfter,
  type Following,
  type Occurrence,
  occurrences,
  type Rhythm,
  type SchoolCalendar,
} from './calendar.ts';
export {
  ACCESS_RULE,
  ASSESSED_FIRST,
  accessRule,
  changed,
  changeFor,
  changeRule,
  decisive,
  isFor,
  isLive,
  type LiveChange,
  neverOpened,
  type OrderKind,
  reachingFurther,
} from './changes.ts';
export { bareSchool, compilePolicy, type ProfilePerson, profileFor } from './compile.ts';
export { type CompiledMay, compileMay, type MayBecause, type Spoken } from './compile-may.ts';
export { CONTROLS, type Control } from './controls.ts';
export { decide, nextChange, personalProfiles, type Question } from './decide.ts';
export { type AccessLevel, type DeviceAnswer, type DeviceQuestion, deviceAccess } from './device-access.ts';
export { type Change, diffPolicies, type Mark, SECTIONS } from './diff.ts';
export { type CategoriesBy, decideByEvidence, evidenceOf } from './evidence.ts';
export { LINT_CODES, type Lint, lint, type Severity, unsettled } from './lint.ts';
export { type MayAnswer, type MayQuestion, may, momentOf } from './may.ts';
export { parsePolicy } from './parse.ts';
export { PRIVATE_USE, privateUse } from './private-use.ts';
export { modesOf, type SafeModes, safetyFor } from './safety.ts';
export { PolicySchema } from './schema.ts';
export { closedAsMail, withSchoolMail } from './school-mail.ts';
export * from './sections.ts';
export { explainSetting, readSetting, SETTINGS, type Setting } from './settings.ts';
export { SHIPPED_POLICIES, type ShippedPolicy, shippedPolicy } from './shipped.ts';
export * from './snapshot.ts';
export * from './types.ts';
export { CLASS_WORDS } from './words.ts';
