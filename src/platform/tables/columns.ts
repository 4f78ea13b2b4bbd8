import type { ColumnType, JSONColumnType } from 'kysely';

/** The kinds of column. What the application may not change after the row was written (the database refuses it too) is `Fixed`. */
export type Instant = ColumnType<Date, Date | string, Date | string>;
export type NullableInstant = ColumnType<Date | null, Date | string | null | undefined, Date | string | null>;
export type Fixed<T> = ColumnType<T, T, never>;
export type FixedInstant = ColumnType<Date, Date | string, never>;
export type DefaultedInstant = ColumnType<Date, Date | string | undefined, Date | string>;
/** A DATE travels as text `YYYY-MM-DD` (db.ts sets the parser): a date has no time zone to lose. */
export type Day = ColumnType<string, string, string>;
export type Json<T extends object> = JSONColumnType<T, string, string>;
