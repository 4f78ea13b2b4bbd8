import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUuid, newId, newToken } from './ids.ts';

test('ids sort by the time they were made and are proper UUIDs of version 7', () => {
  const ids = [1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000].map((t) => newId(t));
  assert.deepEqual([...ids].sort(), ids);
  for (const id of ids) {
    assert.ok(isUuid(id));
    assert.equal(id[14], '7');
    assert.match(id[19] ?? '', /[89ab]/);
  }
});

test('tokens carry 32 random bytes and are never the same', () => {
  const tokens = new Set(Array.from({ length: 1000 }, () => newToken()));
  assert.equal(tokens.size, 1000);
  for (const t of tokens) assert.equal(Buffer.from(t, 'base64url').length, 32);
});
