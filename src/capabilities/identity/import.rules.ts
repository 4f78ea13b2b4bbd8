import { parse } from 'csv-parse/sync';
import { invalid } from '#core/errors.ts';
import type { PersonKind } from '#policy/types.ts';
import { type NewPerson, type PersonInput, readPerson } from './people.rules.ts';

export const MAX_BYTES = 5 * 1024 * 1024;
const MAX_ROWS = 20_000;

/** A line of the file: a person, or what keeps it from being one. `line` is where a text editor or spreadsheet shows it. */
export type ImportRow =
  | { readonly line: number; readonly username: string; readonly person: NewPerson }
  | { readonly line: number; readonly username: string; readonly faults: readonly string[] };

type Column =
  | 'username'
  | 'displayName'
  | 'forename'
  | 'surname'
  | 'kind'
  | 'yearGroup'
  | 'groupName'
  | 'email'
  | 'classes';

/** Headings by meaning: what schools' systems call these, letters only. */
const HEADINGS: Readonly<Record<Column, readonly string[]>> = {
  username: ['username', 'user', 'login', 'loginname', 'account', 'accountname', 'userprincipalname', 'upn'],
  displayName: ['name', 'fullname', 'displayname', 'pupilname', 'studentname', 'staffname'],
  forename: ['forename', 'firstname', 'givenname', 'preferredforename', 'preferredname', 'legalforename'],
  surname: ['surname', 'lastname', 'familyname', 'preferredsurname', 'legalsurname'],
  kind: ['kind', 'type', 'persontype', 'usertype', 'category'],
  yearGroup: ['year', 'yeargroup', 'yr', 'ncyear', 'nationalcurriculumyear'],
  groupName: [
    'form',
    'tutorgroup',
    'tutor',
    'class',
    'group',
    'reg',
    'reggroup',
    'registrationgroup',
    'registrationform',
  ],
  email: ['email', 'mail', 'emailaddress', 'workemail', 'schoolemail'],
  classes: ['classes', 'teaches', 'teachingclasses', 'teachinggroups', 'classestaught'],
};

/** Kinds by meaning. */
const KINDS: Readonly<Record<PersonKind, readonly string[]>> = {
  pupil: ['pupil', 'pupils', 'student', 'students', 'learner', 'child'],
  staff: ['staff', 'teacher', 'employee', 'adult', 'teachingassistant', 'member of staff'],
  governor: ['governor', 'governors', 'trustee'],
  parent: ['parent', 'parents', 'carer', 'guardian', 'parentcarer'],
  volunteer: ['volunteer', 'volunteers'],
  visitor: ['visitor', 'visitors', 'guest'],
};

const letters = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '');

export const tooLarge = () =>
  invalid('import.too-large', 'The file is larger than 5 MB.', { file: 'Split the file and import the parts' });

/** Every line of the file, read by one set of rules. Only a file that is no table at all is refused as a whole. */
export function readImport(bytes: Buffer, kindOfAll: PersonKind): ImportRow[] {
  if (bytes.length > MAX_BYTES) throw tooLarge();
  const text = decode(bytes);
  if (text.includes('\0')) {
    throw invalid('import.not-text', 'This file is not text.', {
      file: 'In the spreadsheet, save the sheet as “CSV (UTF-8)” and choose that file',
    });
  }
  const [head, ...lines] = records(text);
  if (!head || lines.length === 0) {
    throw invalid('import.empty', 'There are no people in this file.', {
      file: 'The first line holds the headings, each line after it one person',
    });
  }
  if (lines.length > MAX_ROWS) {
    throw invalid('import.too-many', 'The file has more than 20,000 lines.', {
      file: 'Split the file and import the parts',
    });
  }
  const columns = readHeadings(head.record);
  const firstSeen = new Map<string, number>();
  return lines.map(({ record, line }) => {
    const cell = (c: Column) => {
      const at = columns.get(c);
      return at === undefined ? '' : (record[at] ?? '').trim();
    };
    const cellIfColumn = (c: Column) => (columns.has(c) ? cell(c) : undefined);
    const input: PersonInput = {
      username: cell('username'),
      displayName: cell('displayName') || `${cell('forename')} ${cell('surname')}`,
      kind: columns.has('kind') ? readKind(cell('kind')) : kindOfAll,
      yearGroup: cell('yearGroup'),
      groupName: cellIfColumn('groupName'),
      email: cellIfColumn('email'),
      classes: cellIfColumn('classes'),
    };
    const username = input.username.toLowerCase();
    const read = readPerson(input);
    const faults = 'faults' in read ? Object.values(read.faults) : [];
    if (record.length > head.record.length && record.slice(head.record.length).some((c) => c.trim() !== '')) {
      faults.push(
        `This line has ${record.length} columns, the headings ${head.record.length}; is a comma not in quotes?`,
      );
    }
    const before = firstSeen.get(username);
    if (before !== undefined) faults.push(`The username is already on line ${before} of this file`);
    else if (username) firstSeen.set(username, line);
    return faults.length > 0 || 'faults' in read ? { line, username, faults } : { line, username, person: read.person };
  });
}

/** UTF-8 as it should be; UTF-16 as some programs save it; Windows' own letters where it is neither. */
function decode(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

function records(text: string): { record: string[]; line: number }[] {
  const firstLine = /^[^\r\n]*/.exec(text.trimStart())?.[0] ?? '';
  const count = (c: string) => firstLine.split(c).length;
  const delimiter = [',', ';', '\t'].reduce((best, c) => (count(c) > count(best) ? c : best));
  try {
    const rows = parse(text, {
      bom: true,
      delimiter,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      record_delimiter: ['\r\n', '\n', '\r'],
    }) as unknown as { record: string[]; info: { lines: number } }[];
    return rows.map((r) => ({ record: r.record, line: r.info.lines }));
  } catch (cause) {
    const line = (cause as { lines?: number }).lines;
    throw invalid('import.quotes', `The file cannot be read${line ? ` from line ${line} on` : ''}.`, {
      file: 'Look for a quotation mark that is opened and not closed; in a spreadsheet, save the sheet as CSV again',
    });
  }
}

function readHeadings(head: readonly string[]): Map<Column, number> {
  const found = new Map<Column, number>();
  for (const [at, text] of head.entries()) {
    const column = (Object.keys(HEADINGS) as Column[]).find((c) => HEADINGS[c].includes(letters(text)));
    if (!column) continue;
    if (found.has(column)) {
      throw invalid('import.heading-twice', `Two columns mean the same: “${text.slice(0, 60)}” and another.`, {
        file: 'Remove one of the two columns',
      });
    }
    found.set(column, at);
  }
  const named = found.has('displayName') || (found.has('forename') && found.has('surname'));
  const missing = [...(found.has('username') ? [] : ['username']), ...(named ? [] : ['name'])];
  if (missing.length > 0) {
    throw invalid('import.headings', `There is no column for: ${missing.join(', ')}.`, {
      file: 'The first line must hold the headings, such as: username, name, kind, year, form, email',
    });
  }
  return found;
}

/** Words that are none of ours are left as they are, for readPerson to refuse by name. */
function readKind(text: string): string {
  const word = letters(text);
  return (Object.keys(KINDS) as PersonKind[]).find((k) => KINDS[k].includes(word)) ?? text;
}

/**
 * A CSV that spreadsheets show as text: a cell that begins like a formula gets an apostrophe before it (OWASP, CSV
 * injection), every cell stands in quotes.
 */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string) => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  return `\ufeff${rows.map((r) => r.map(cell).join(',')).join('\r\n')}\r\n`;
}
