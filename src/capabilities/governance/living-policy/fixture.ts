import { bareSchool, compilePolicy, type ShippedPolicy, shippedPolicy } from '#policy/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { clashesOf } from './clashes.ts';
import type { Published } from './policy.model.ts';

/** A shipped policy as a school of which nothing else is known would publish it. */
export function published(id: ShippedPolicy): Published {
  const document = shippedPolicy(id);
  const { categories } = taxonomy();
  const compiled = compilePolicy(document, categories, bareSchool('Europe/London'));
  const from = new Date(Date.UTC(2026, 10, 3, 10));
  return {
    document,
    compiled,
    categories,
    clashes: clashesOf({ document, compiled }, from.getTime()),
    edition: {
      school: 'Ashgrove School',
      number: 3,
      from,
      timeZone: 'Europe/London',
    },
    holders: null,
  };
}
