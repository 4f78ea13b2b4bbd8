import { readFileSync } from 'node:fs';
import { parsePolicy } from './parse.ts';
import type { Category, PolicyDocument } from './types.ts';

/** The documents a school may begin from, by their place in `policies/`. */
export const SHIPPED_POLICIES = ['secondary-school', 'tuition-centre'] as const;
export type ShippedPolicy = (typeof SHIPPED_POLICIES)[number];

/** Reads one of the shipped documents. */
export function shippedPolicy(id: ShippedPolicy, taxonomy?: readonly Category[]): PolicyDocument {
  const file = `policies/${id}.json`;
  return parsePolicy(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'), file, taxonomy);
}
