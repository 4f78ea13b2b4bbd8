import { randomInt } from 'node:crypto';
import { digestToken } from '#core/ids.ts';

/** Letters and digits that nobody mixes up when they write them down. */
const ALPHABET = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';
const letters = (n: number) => Array.from({ length: n }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');

/** Random, since a gap in running numbers would tell of a report that one may not see. */
export const newReportReference = (): string => `R-${letters(6)}`;
export const REPORT_REFERENCE = /^R-[2-9A-HJ-NP-Z]{6}$/;

/** 80 random bits, `K7QM-2XPW-9TRB-HC4V`: what whoever told comes back with. Nothing but its digest is kept. */
export const newCode = (): string => [4, 4, 4, 4].map(letters).join('-');

/** However it was typed: small letters, spaces, no dashes; null where it cannot be a code at all. */
export function digestOfCode(typed: string): Buffer | null {
  const code = typed.toUpperCase().replace(/[\s–—-]/g, '');
  return code.length === 16 && [...code].every((c) => ALPHABET.includes(c)) ? digestToken(`report ${code}`) : null;
}
