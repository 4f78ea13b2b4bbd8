import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mailFaults, mailUrl, readMailUrl } from './mail-server.rules.ts';

test('a mail server becomes a URL and comes back as it was, whatever signs the password has', () => {
  const server = fc.record({
    host: fc.constantFrom('mail.school.example', '192.0.2.25', '2001:db8::25'),
    port: fc.integer({ min: 1, max: 65535 }),
    security: fc.constantFrom('tls' as const, 'starttls' as const),
    username: fc.string({ minLength: 1 }),
    password: fc.string({ minLength: 1 }),
    from: fc.constant('gatehouse@school.example'),
  });
  fc.assert(
    fc.property(server, (m) => {
      assert.deepEqual(readMailUrl(mailUrl(m), m.from), { ...m });
    }),
  );
});

test('what cannot be a mail server is said field by field', () => {
  const faults = mailFaults({ host: 'mail server/../x', port: 0, security: 'tls', from: 'nobody' });
  assert.deepEqual(Object.keys(faults), ['host', 'port', 'from']);
});
