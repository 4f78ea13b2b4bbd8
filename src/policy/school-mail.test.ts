import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareSchool, compilePolicy } from './compile.ts';
import { decide } from './decide.ts';
import { taxonomy } from './fixture.ts';
import { withSchoolMail } from './school-mail.ts';
import { SHIPPED_POLICIES, shippedPolicy } from './shipped.ts';

const AT = Date.UTC(2026, 10, 23, 10, 0);

for (const id of SHIPPED_POLICIES) {
  const doc = shippedPolicy(id);
  const mail = { hosts: ['mail.ashgrove.example'] };
  const policy = compilePolicy(
    { ...doc, settings: { ...doc.settings, schoolMail: mail } },
    taxonomy,
    bareSchool('Europe/London'),
  );
  const answer = (host: string, categories: string[], profile: string) => {
    const again = (left: readonly string[]) => decide(policy, profile, { categories: left, at: AT });
    return withSchoolMail(policy, again(categories), host, categories, again);
  };

  test(`COM-13 COM-06 ${id}: of all services of mail only the school’s own is open, to every profile`, () => {
    for (const { id: profile } of policy.profiles) {
      assert.equal(answer('mail.elsewhere.example', ['webmail'], profile).outcome, 'block', profile);
      const own = answer('mail.ashgrove.example', ['webmail'], profile);
      assert.deepEqual([own.outcome, own.because.rule], ['allow', 'COM-13'], profile);
      assert.equal(answer('login.mail.ashgrove.example', ['webmail'], profile).outcome, 'allow');
      assert.equal(answer('notmail.ashgrove.example', ['webmail'], profile).outcome, 'block');
      assert.equal(answer('ashgrove.example', ['webmail'], profile).outcome, 'block');
    }
  });

  test(`COM-13 FIL-08 ${id}: what else the lists call the school’s mail closes it still`, () => {
    for (const other of ['phishing', 'child-abuse', 'proxy-bypass']) {
      assert.equal(answer('mail.ashgrove.example', ['webmail', other], 'staff').outcome, 'block', other);
    }
  });
}
