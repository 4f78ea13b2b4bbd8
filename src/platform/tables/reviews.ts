import type { ColumnType, Generated, JSONColumnType } from 'kysely';
import type { Fixed, FixedInstant, NullableInstant } from './columns.ts';

export interface ReviewsTables {
  parent_link: ParentLinkTable;
  lesson_contact: LessonContactTable;
  filter_review: FilterReviewTable;
  filter_review_item: FilterReviewItemTable;
  filter_review_note: FilterReviewNoteTable;
  filter_review_notice: FilterReviewNoticeTable;
}

interface ParentLinkTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  parent_id: Fixed<string>;
  child_id: Fixed<string>;
  linked_by: Fixed<string>;
  linked_at: FixedInstant;
  ended_by: ColumnType<string | null, undefined, string>;
  ended_at: NullableInstant;
}
interface LessonContactTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  scope_kind: Fixed<'class' | 'year'>;
  scope_value: Fixed<string>;
  change_id: Fixed<string | null>;
  organisation: Fixed<string>;
  role: Fixed<string>;
  how: Fixed<string>;
  from_on: Fixed<string>;
  until_on: Fixed<string>;
  added_by: Fixed<string>;
  added_at: FixedInstant;
  ended_by: ColumnType<string | null, undefined, string>;
  ended_at: NullableInstant;
}
/** Changes until it is signed; a trigger refuses it afterwards. */
interface FilterReviewTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  state: ColumnType<'draft' | 'signed', undefined, 'signed'>;
  edition: Fixed<string>;
  from_on: Fixed<string>;
  begun_by: Fixed<string>;
  begun_at: FixedInstant;
  attendees: JSONColumnType<{ name: string; part: string }[], string | undefined, string>;
  gaps: ColumnType<string, string | undefined, string>;
  changes: ColumnType<string, string | undefined, string>;
  signed_by: ColumnType<string | null, undefined, string>;
  signed_at: NullableInstant;
  signed_on: ColumnType<string | null, undefined, string>;
  next_on: ColumnType<string | null, undefined, string>;
  record: ColumnType<object | null, undefined, string>;
}
interface FilterReviewItemTable {
  review_id: Fixed<string>;
  item: Fixed<string>;
  school_id: Fixed<string>;
  answer: 'met' | 'part' | 'not';
  evidence: string;
  action: string;
  action_owner: string | null;
  action_due: string | null;
  changed_by: string;
  changed_at: ColumnType<Date, Date, Date>;
}
interface FilterReviewNoteTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  review_id: Fixed<string>;
  by_person: Fixed<string>;
  at: FixedInstant;
  text: Fixed<string>;
}
interface FilterReviewNoticeTable {
  id: Generated<string>;
  school_id: Fixed<string>;
  due_on: Fixed<string>;
  recipient: Fixed<string | null>;
  at: FixedInstant;
  mail_id: Fixed<string | null>;
  skipped: Fixed<string | null>;
}
