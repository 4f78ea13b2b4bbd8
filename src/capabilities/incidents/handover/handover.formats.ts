/** What a safeguarding record system wants to know of one pupil in one case. */
export interface HandoverLine {
  readonly pupil: string;
  readonly yearGroup: string;
  readonly linked: string;
  readonly date: string;
  readonly time: string;
  readonly category: string;
  readonly title: string;
  readonly incident: string;
  readonly actions: string;
  readonly agencies: string;
  readonly reporter: string;
  readonly reference: string;
}

/** INC-24: the columns that common record systems take, in their words and order. A further system is a row here. */
export const FORMATS = {
  cpoms: {
    name: 'CPOMS style',
    columns: [
      ['Student', 'pupil'],
      ['Year', 'yearGroup'],
      ['Date', 'date'],
      ['Time', 'time'],
      ['Categories', 'category'],
      ['Incident', 'incident'],
      ['Linked students', 'linked'],
      ['Action taken', 'actions'],
      ['Agencies involved', 'agencies'],
      ['Reported by', 'reporter'],
      ['External reference', 'reference'],
    ],
  },
  myconcern: {
    name: 'MyConcern style',
    columns: [
      ['Pupil', 'pupil'],
      ['Year group', 'yearGroup'],
      ['Concern date', 'date'],
      ['Concern time', 'time'],
      ['Concern summary', 'title'],
      ['Concern category', 'category'],
      ['Details of concern', 'incident'],
      ['Other pupils', 'linked'],
      ['Actions taken', 'actions'],
      ['Agencies', 'agencies'],
      ['Raised by', 'reporter'],
      ['Your reference', 'reference'],
    ],
  },
} as const satisfies Record<
  string,
  { name: string; columns: readonly (readonly [head: string, field: keyof HandoverLine])[] }
>;
export type Format = keyof typeof FORMATS;
export const isFormat = (text: string): text is Format => Object.hasOwn(FORMATS, text);

/** Head and rows of the file. */
export function rowsOf(format: Format, lines: readonly HandoverLine[]): string[][] {
  const { columns } = FORMATS[format];
  return [columns.map(([head]) => head), ...lines.map((line) => columns.map(([, field]) => line[field]))];
}
