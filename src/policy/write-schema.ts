import { writeFileSync } from 'node:fs';
import { schemaText } from './schema.ts';

writeFileSync(new URL('../../policies/policy.schema.json', import.meta.url), schemaText());
