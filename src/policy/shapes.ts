import Type, { type TSchema } from 'typebox';
import { PERSON_KINDS, ROLE_IDS } from './types.ts';

/** The small shapes that every part of a policy document is made of. Each description reads after "expected". */

export const closed = { additionalProperties: false } as const;

export const object = <T extends Record<string, TSchema>>(parts: T) => Type.Object(parts, closed);
export const oneOf = <const T extends readonly string[]>(values: T) => Type.Enum<[...T]>([...values]);
export const text = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, description: `a text of 1 to ${maxLength} characters` });
export const list = <T extends TSchema>(item: T, more: { minItems?: number; maxItems?: number } = {}) =>
  Type.Array(item, { maxItems: 500, ...more });
export const set = <T extends TSchema>(item: T, more: { minItems?: number; maxItems?: number } = {}) =>
  Type.Array(item, { maxItems: 500, uniqueItems: true, ...more });
export const whole = (minimum: number, maximum: number) =>
  Type.Integer({ minimum, maximum, description: `a whole number from ${minimum} to ${maximum}` });
export const orNull = <T extends TSchema>(item: T) => Type.Union([item, Type.Null()]);
export const maybe = Type.Optional;
export const flag = Type.Boolean;

const named = (pattern: string, description: string, maxLength = 80) =>
  Type.String({ pattern, maxLength, description });
const SLUG = '^[a-z][a-z0-9-]*$';

export const ClauseId = named('^[a-z][a-z0-9-]*(\\.[a-z0-9][a-z0-9-]*)+$', 'a clause id such as "filtering.extremism"');
export const CategoryId = named(SLUG, 'a category id such as "social-media"', 60);
export const CatalogueRow = named('^[A-Z]{1,4}-?T?[0-9]{2}$', 'a catalogue row such as "FIL-05"');
/** Upper case keeps rule ids apart from the answers of the safety floor (`safety.illegal`, `profile`, …). */
export const RuleId = named('^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$', 'a rule id in capitals such as "UAR-20"', 40);
export const ProfileId = named(SLUG, 'a profile id such as "pupil-8"', 60);
export const ActionId = named(SLUG, 'an action id such as "use-personal-device"', 60);
export const Slug = named(SLUG, 'an id such as "data-protection"', 60);
export const Day = named('^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', 'a day such as "2026-09-01"', 10);
export const FromTime = named('^([01][0-9]|2[0-3]):[0-5][0-9]$', 'a time from "00:00" to "23:59"', 5);
export const ToTime = named('^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$', 'a time from "00:01" to "24:00"', 5);
export const HostName = named('^[a-z0-9-]+(\\.[a-z0-9-]+)+$', 'the name of a site such as "mail.example.org"', 253);
export const Role = oneOf(ROLE_IDS);
export const Kind = oneOf(PERSON_KINDS);
export const AudienceName = oneOf(['staff', 'pupil', 'guest']);
export const perCategory = <T extends TSchema>(value: T) =>
  Type.Record(CategoryId, value, { ...closed, description: 'categories, each with its answer' });
