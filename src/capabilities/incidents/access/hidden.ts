import type { CaseFile } from '../cases.store.ts';

/** INC-06: while a case is examined, what is found is shown on its designated computer and on no other machine. */
export const isHiddenHere = (file: Pick<CaseFile, 'state' | 'computer'>, fromComputer: string | null): boolean =>
  file.state === 'examine' && file.computer !== null && fromComputer !== file.computer;
