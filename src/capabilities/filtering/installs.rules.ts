import type { ProgramOutcome } from '#platform/tables/filtering.ts';

/** A request for a program as the form has it (SEC-10). */
export interface ProgramInput {
  readonly program: string;
  /** Where it comes from. */
  readonly site: string;
  /** On which device it is needed; may stay empty. */
  readonly device: string;
  readonly reason: string;
}

export const LEAST_REASON = 10;
const MOST = { program: 200, device: 200, reason: 2000 } as const;

/** What is wrong with it, field by field; `site` is judged elsewhere. */
export function programFaults({ program, device, reason }: ProgramInput): Record<string, string> {
  const length = (text: string) => [...text.trim()].length;
  return {
    ...((length(program) < 2 || length(program) > MOST.program) && {
      program: 'Name the program, in 2 to 200 letters.',
    }),
    ...(length(device) > MOST.device && { device: 'Say it in 200 letters at most.' }),
    ...((length(reason) < LEAST_REASON || length(reason) > MOST.reason) && {
      reason: `Say what you need it for, in at least ${LEAST_REASON} letters.`,
    }),
  };
}

/** What may become of a request, as pages and letters say it. */
export const OUTCOMES: Readonly<Record<ProgramOutcome, { text: string; tone: 'calm' | 'quiet' }>> = {
  installed: { text: 'Installed', tone: 'calm' },
  'another-way': { text: 'Another way was found', tone: 'calm' },
  refused: { text: 'Not installed', tone: 'quiet' },
};

export const readOutcome = (text: string): ProgramOutcome | null =>
  Object.hasOwn(OUTCOMES, text) ? (text as ProgramOutcome) : null;
