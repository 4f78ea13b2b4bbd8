import type { ColumnType, Generated } from 'kysely';
import type { Fixed, FixedInstant } from './columns.ts';

export interface DeviceSearchTables {
  search_authorisation: SearchAuthorisationTable;
  search_authorisation_end: SearchAuthorisationEndTable;
  device_search: DeviceSearchTable;
  device_search_person: DeviceSearchPersonTable;
  device_search_entry: DeviceSearchEntryTable;
  device_search_case: DeviceSearchCaseTable;
  device_search_draft: DeviceSearchDraftTable;
  device_search_complaint: ComplaintTable;
  device_search_complaint_step: ComplaintStepTable;
}

type FixedJson<T> = ColumnType<T, string, never>;

interface SearchAuthorisationTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  person_id: Fixed<string>;
  from_at: FixedInstant;
  until_at: ColumnType<Date | null, Date | null, never>;
  because: Fixed<string>;
  authorised_by: Fixed<string>;
  at: FixedInstant;
}
interface SearchAuthorisationEndTable {
  authorisation_id: Fixed<string>;
  school_id: Fixed<string>;
  ended_by: Fixed<string>;
  because: Fixed<string>;
  at: FixedInstant;
}
interface DeviceSearchTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  pupil: Fixed<string>;
  device: Fixed<string>;
  started_by: Fixed<string>;
  started_at: FixedInstant;
  policy_number: Fixed<number>;
  documents: FixedJson<SearchDocument[]>;
}
/** A policy that a search keeps to, as the school had it when the search began (SRC-22). */
export interface SearchDocument {
  readonly id: string;
  readonly title: string;
  /** Null: nobody had recorded which version the school has. */
  readonly edition: string | null;
  readonly location: string | null;
}
interface DeviceSearchPersonTable {
  search_id: Fixed<string>;
  person_id: Fixed<string>;
  part: Fixed<'searcher' | 'named'>;
  school_id: Fixed<string>;
  at: FixedInstant;
}
interface DeviceSearchEntryTable {
  search_id: Fixed<string>;
  number: Fixed<number>;
  school_id: Fixed<string>;
  action: Fixed<string>;
  from_state: Fixed<string | null>;
  to_state: Fixed<string>;
  by_person: Fixed<string | null>;
  at: FixedInstant;
  detail: FixedJson<Readonly<Record<string, unknown>>>;
}
interface DeviceSearchCaseTable {
  search_id: Fixed<string>;
  case_id: Fixed<string>;
  school_id: Fixed<string>;
  at: FixedInstant;
}
interface DeviceSearchDraftTable {
  person_id: Fixed<string>;
  about: Fixed<string>;
  action: Fixed<string>;
  school_id: Fixed<string>;
  typed: ColumnType<Readonly<Record<string, string>>, string, string>;
  at: ColumnType<Date, Date, Date>;
}
interface ComplaintTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  reference: Fixed<string>;
  search_id: Fixed<string | null>;
  receipt: Fixed<string | null>;
  words: Fixed<string>;
  made_by: Fixed<string | null>;
  on_behalf: Fixed<string | null>;
  received_by: Fixed<string>;
  at: FixedInstant;
}
interface ComplaintStepTable {
  complaint_id: Fixed<string>;
  number: Fixed<number>;
  school_id: Fixed<string>;
  action: Fixed<'file' | 'link' | 'assign' | 'answer'>;
  to_state: Fixed<'received' | 'looking' | 'answered'>;
  by_person: Fixed<string>;
  at: FixedInstant;
  handler: ColumnType<string | null, string | null | undefined, never>;
  search_id: ColumnType<string | null, string | null | undefined, never>;
  outcome: ColumnType<
    'upheld' | 'partly' | 'not-upheld' | null,
    'upheld' | 'partly' | 'not-upheld' | null | undefined,
    never
  >;
  text: ColumnType<string, string | undefined, never>;
}
