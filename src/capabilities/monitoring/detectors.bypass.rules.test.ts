import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MINUTE, SECOND } from '#core/clock.ts';
import { shippedPolicy } from '#policy/shipped.ts';
import { bypassRules, enoughTries, triesToBypass } from './detectors.bypass.rules.ts';
import type { Seen } from './detectors.rules.ts';

const school = shippedPolicy('secondary-school');
const rules = bypassRules(school);
assert.ok(rules);
const often = school.monitoring;
const tried = (
  minute: number,
  host = 'proxy.example',
  category: string | null = 'proxy-bypass',
  more: Partial<Seen> = {},
): Seen => ({
  t: minute * MINUTE,
  person: 'p',
  address: '192.0.2.7',
  host,
  category,
  outcome: 'block',
  via: 'proxy',
  rule: 'FCR-06',
  ...more,
});
const found = (...tries: Seen[]) => enoughTries(rules, often, tries).length;

test('FCR-06 UAR-13 a try is a closed site that leads round the filter, or a closed site by way of one that shows others’ pages', () => {
  for (const category of ['proxy-bypass', 'vpn', 'doh-resolver', 'redirectors']) {
    assert.ok(triesToBypass(rules, tried(0, 'x.example', category)), category);
    assert.ok(!triesToBypass(rules, tried(0, 'x.example', category, { outcome: 'allow' })), `${category}, let through`);
  }
  assert.ok(triesToBypass(rules, tried(0, 'casino-example.translate.goog', 'gambling')));
  assert.ok(triesToBypass(rules, tried(0, 'web.archive.org', 'gambling')));
  assert.ok(triesToBypass(rules, tried(0, 'a.example', null, { rule: 'safety.wrapped' })));
  assert.ok(!triesToBypass(rules, tried(0, 'casino.example', 'gambling')), 'a closed site is no way round');
  assert.ok(!triesToBypass(rules, tried(0, 'www.google.com', 'gambling')), 'a search engine leads on to much');
  assert.ok(
    !triesToBypass(rules, tried(0, 'translate.google.com', 'translation')),
    'a translator that is closed itself',
  );
  assert.ok(
    !triesToBypass(rules, tried(0, 'web.archive.org', 'gambling', { rule: 'change.ABC234' })),
    'closed for a lesson',
  );
});

test('FCR-06 one accidental request, a page that asks for many things, and a browser’s canary are never enough', () => {
  assert.equal(found(tried(0)), 0);
  const page = [0, 1, 2, 3].map((s) => tried(0, 'proxy.example', 'proxy-bypass', { t: s * SECOND }));
  assert.equal(found(...page), 0);
  const canary = tried(0, 'use-application-dns.net', null, { rule: 'proxy.own-dns' });
  assert.ok(!triesToBypass(rules, canary));
});

test('FCR-06 a program that asks for its own resolver all day is no person who tries', () => {
  const program = Array.from({ length: 200 }, (_, i) => tried(i, 'dns.resolver.example', 'doh-resolver'));
  assert.equal(found(...program), 0);
  const several = ['one', 'two', 'three'].map((n, i) => tried(i, `${n}.resolver.example`, 'doh-resolver'));
  assert.equal(found(...several), 3, 'three different ones are somebody who looks for a way');
});

test('FCR-06 three sites, or one in three minutes, or one again and again, are enough; slower ones are not', () => {
  assert.equal(found(tried(0, 'a.example'), tried(1, 'b.example'), tried(2, 'c.example', 'vpn')), 3);
  assert.equal(found(tried(0), tried(7), tried(15)), 3);
  assert.equal(found(tried(0), tried(8), tried(15.1)), 0);
  const pressing = [0, 10, 20, 30, 40].map((s) => tried(0, 'proxy.example', 'proxy-bypass', { t: s * SECOND }));
  assert.equal(found(...pressing), 5, 'five times in a minute is MON-07');
});

test('FCR-06 the policy sets how many, and where it says nothing three in a quarter of an hour', () => {
  const { bypass: _, ...monitoring } = school.monitoring;
  const usual = bypassRules({ ...school, monitoring });
  assert.deepEqual([usual?.count, usual?.minutes, usual?.clause], [3, 15, 'filtering.bypass']);
  const strict = bypassRules({
    ...school,
    monitoring: { ...monitoring, bypass: { count: 2, minutes: 60, clause: 'a.b' } },
  });
  assert.ok(strict);
  assert.equal(enoughTries(strict, often, [tried(0), tried(59)]).length, 2);
  assert.equal(bypassRules({ ...school, rules: [] }), null);
  assert.equal(bypassRules(shippedPolicy('tuition-centre'))?.clause, 'use.bypass');
});

test('FCR-06 what is found is what some stretch of time around it holds, counted one by one', () => {
  const one = fc.record({
    t: fc.integer({ min: 0, max: 60 }).map((m) => m * 30 * SECOND),
    host: fc.constantFrom('a.example', 'b.example', 'c.example', 'd.example'),
    category: fc.constantFrom('proxy-bypass', 'doh-resolver'),
  });
  const never = { repeated: { ...often.repeated, count: 1000 } } as typeof often;
  fc.assert(
    fc.property(fc.array(one, { maxLength: 25 }), (some) => {
      const tries = some.map((s) => tried(0, s.host, s.category, s)).sort((a, b) => a.t - b.t);
      const name = (t: Seen) => (t.category === 'doh-resolver' ? t.host : `${t.host} ${Math.floor(t.t / MINUTE)}`);
      const naive = tries.filter((t) =>
        tries.some((from) => {
          const within = tries.filter((x) => x.t >= from.t && x.t <= from.t + rules.minutes * MINUTE);
          return within.includes(t) && new Set(within.map(name)).size >= rules.count;
        }),
      );
      assert.deepEqual(enoughTries(rules, never, tries), naive);
    }),
  );
});
