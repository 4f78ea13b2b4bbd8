import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fault, importsOf, ROOT, sourceFiles } from './imports.ts';

test('no file imports what its layer may not', () => {
  const imports = sourceFiles().flatMap((f) => importsOf(f, readFileSync(join(ROOT, f), 'utf8')));
  // A fence that reads nothing holds nothing.
  assert.ok(imports.length > 200, `only ${imports.length} imports were read`);
  assert.deepEqual(imports.map(fault).filter(Boolean), []);
});

test('the fence finds what it is there to find', () => {
  const faults = (from: string, text: string) => importsOf(from, text).map(fault);
  assert.match(faults('src/core/x.ts', `import { a } from '#policy/index.ts';`)[0] ?? '', /core may not import policy/);
  assert.match(
    faults('src/gateway/x.ts', `import { a } from '../platform/db.ts';`)[0] ?? '',
    /gateway may not import platform/,
  );
  assert.match(
    faults('src/gateway/x.ts', `const a = await import('#rooms/identity/index.ts');`)[0] ?? '',
    /may not import capabilities/,
  );
  assert.match(
    faults('src/capabilities/policies/x.ts', `export { a } from '#rooms/monitoring/index.ts';`)[0] ?? '',
    /does not come before/,
  );
  assert.match(
    faults('src/capabilities/incidents/x.ts', `import type { a } from '#rooms/monitoring/alerts.ts';`)[0] ?? '',
    /entered by its index/,
  );
  assert.match(faults('src/web/x.ts', `import { a } from '#testing/web.ts';`)[0] ?? '', /only tests/);
  assert.equal(faults('src/capabilities/incidents/x.ts', `import { a } from '#rooms/monitoring/index.ts';`)[0], null);
  assert.equal(faults('src/capabilities/incidents/x.ts', `import { a } from './y.ts';`)[0], null);
});
