import assert from 'node:assert/strict';
import { Resolver as NodeResolver } from 'node:dns/promises';
import { test } from 'node:test';
import { address, ask, askTcp, type Decoded, everyName, exchange, extendedErrors, question, scene } from './testing.ts';

const data = (answer: Decoded) => (answer.answers ?? []).map((a) => ('data' in a ? a.data : null));
const ttls = (answer: Decoded) => (answer.answers ?? []).map((a) => ('ttl' in a ? a.ttl : null));
const soa = (name: string, ttl: number, minimum: number) =>
  ({
    type: 'SOA',
    name,
    ttl,
    data: { mname: 'ns.test', rname: 'host.test', serial: 1, refresh: 1, retry: 1, expire: 1, minimum },
  }) as const;
const NXDOMAIN = 3;
/** How the peer's codec spells types that it does not know. */
const HTTPS = 'UNKNOWN_65';
const SVCB = 'UNKNOWN_64';

test('an independent resolver is answered through the forwarder', async (t) => {
  const s = await scene(t);
  const resolver = new NodeResolver();
  resolver.setServers([`127.0.0.1:${s.dns.port}`]);
  assert.deepEqual(await resolver.resolve4('school.example'), ['192.0.2.1']);
  assert.deepEqual(await resolver.resolve6('school.example'), ['2001:db8::1']);
});

test('FIL-01 every question is judged and recorded, from the cache or not, whatever its type', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bad.example', {});
  for (const type of ['A', 'A', 'AAAA', 'TXT', 'ANY']) await ask(s.dns, 'Site.Example', { type });
  await ask(s.dns, 'bad.example');
  await ask(s.dns, 'bad.example', { type: HTTPS });
  assert.deepEqual(
    s.recorder.events.map((e) => `${e.via} ${e.host} ${e.outcome}`),
    [...new Array(5).fill('dns site.example allow'), ...new Array(2).fill('dns bad.example block')],
  );
});

test('a blocked name leads to the block page for addresses, and to nothing for every other type', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bad.example', {});
  assert.deepEqual(data(await ask(s.dns, 'bad.example')), ['192.0.2.80']);
  assert.deepEqual(ttls(await ask(s.dns, 'bad.example')), [10]);
  assert.deepEqual(data(await ask(s.dns, 'bad.example', { type: 'AAAA' })), ['2001:db8::80']);
  for (const type of [HTTPS, SVCB, 'TXT', 'MX', 'ANY']) {
    const answer = await ask(s.dns, 'bad.example', { type });
    assert.equal(answer.rcode, 'NOERROR');
    assert.deepEqual(answer.answers, [], type);
    assert.equal(answer.authorities?.[0]?.type, 'SOA');
  }
  assert.equal(s.upstream.seen.length, 0, 'the upstream never hears of blocked names');
});

test('a blocked name does not exist where the school chose NXDOMAIN, and the choice can change at any time', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bad.example', {});
  s.mode = 'nxdomain';
  for (const type of ['A', 'AAAA', HTTPS]) assert.equal((await ask(s.dns, 'bad.example', { type })).rcode, 'NXDOMAIN');
  s.mode = 'page';
  assert.equal((await ask(s.dns, 'bad.example')).rcode, 'NOERROR');
});

test('without a block page address a blocked name does not exist', async (t) => {
  const s = await scene(t, everyName, { blockPage: { ipv4: null, ipv6: null } });
  s.judge.blocked.set('bad.example', {});
  assert.equal((await ask(s.dns, 'bad.example')).rcode, 'NXDOMAIN');
});

test('FIL-19 the answer to a blocked name says why in an extended error, to clients that speak EDNS', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bad.example', { text: 'Betting sites are blocked (policy 4.3).' });
  const page = [
    { code: 15, text: 'Betting sites are blocked (policy 4.3).' },
    { code: 4, text: '' },
  ];
  assert.deepEqual(extendedErrors(await ask(s.dns, 'bad.example', { edns: 1232 })), page);
  assert.equal((await ask(s.dns, 'bad.example')).additionals?.length, 0);
  s.mode = 'nxdomain';
  assert.deepEqual(extendedErrors(await ask(s.dns, 'bad.example', { edns: 1232 })), page.slice(0, 1));
});

test('FIL-19 illegal content is refused with neutral words that say nothing of the site', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('illegal.example', { rule: 'safety.illegal', category: 'secret-category', text: 'secret words' });
  const answer = await ask(s.dns, 'illegal.example', { edns: 1232 });
  assert.deepEqual(extendedErrors(answer)[0], { code: 16, text: 'This address cannot be opened.' });
  assert.doesNotMatch(JSON.stringify(answer), /secret/);
});

test('a long reason is cut at a whole character', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('bad.example', { text: '😀é'.repeat(200) });
  const text = extendedErrors(await ask(s.dns, 'bad.example', { edns: 1232 }))[0]?.text ?? '';
  assert.ok(Buffer.byteLength(text) <= 120 && Buffer.byteLength(text) > 110);
  assert.match(text, /^(😀é)+😀?$/u);
});

test('what is blocked for one client is not blocked for another, nor opened for it, by the cache', async (t) => {
  const s = await scene(t);
  s.judge.blocked.set('game.example', {});
  s.judge.only.set('game.example', '127.0.0.2');
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(data(await ask(s.dns, 'game.example', { from: '127.0.0.1' })), ['192.0.2.1']);
    assert.deepEqual(data(await ask(s.dns, 'game.example', { from: '127.0.0.2' })), ['192.0.2.80']);
  }
  assert.equal(s.upstream.seen.length, 1);
});

test('a blocked name behind an allowed alias is blocked, for those it is blocked for (CNAME cloaking)', async (t) => {
  const s = await scene(t, ({ name }) => ({
    answers: [
      { type: 'CNAME', name, ttl: 60, data: 'Middle.Example' },
      { type: 'CNAME', name: 'middle.example', ttl: 60, data: 'Tracker.Example' },
      address('tracker.example'),
    ],
  }));
  s.judge.blocked.set('tracker.example', {});
  s.judge.only.set('tracker.example', '127.0.0.2');
  assert.deepEqual(data(await ask(s.dns, 'news.example', { from: '127.0.0.2' })), ['192.0.2.80']);
  assert.equal(data(await ask(s.dns, 'news.example', { from: '127.0.0.1' })).length, 3);
  assert.deepEqual(data(await ask(s.dns, 'news.example', { from: '127.0.0.2' })), ['192.0.2.80'], 'from the cache too');
  assert.deepEqual(
    s.recorder.events.map((e) => `${e.host} ${e.outcome}`),
    ['news.example block', 'news.example allow', 'news.example block'],
  );
});

test('the target of an HTTPS record is judged like an alias', async (t) => {
  const target = Buffer.concat([Buffer.from([0, 0]), Buffer.from('\x07tracker\x07example\x00', 'latin1')]);
  const s = await scene(t, ({ name }) => ({ answers: [{ type: HTTPS as 'NULL', name, ttl: 60, data: target }] }));
  assert.equal((await ask(s.dns, 'news.example', { type: HTTPS })).answers?.length, 1);
  s.judge.blocked.set('tracker.example', {});
  assert.equal((await ask(s.dns, 'news.example', { type: HTTPS })).answers?.length, 0);
});

test('FCR-03 what is open only for a time is remembered for seconds, by whoever asks and however long its owner says', async (t) => {
  const s = await scene(t);
  assert.deepEqual(ttls(await ask(s.dns, 'lesson.example')), [300]);
  s.judge.brief.add('lesson.example');
  for (let i = 0; i < 2; i++) assert.deepEqual(ttls(await ask(s.dns, 'lesson.example')), [5]);
  s.judge.brief.clear();
  assert.deepEqual(ttls(await ask(s.dns, 'lesson.example')), [300], 'the answer kept for others is as it was');
});

test('a cached answer is given with the seconds gone by taken off, and asked anew when they are over', async (t) => {
  const s = await scene(t, ({ name }) => ({ answers: [address(name, '192.0.2.1', 60)] }));
  assert.deepEqual(ttls(await ask(s.dns, 'site.example')), [60]);
  s.clock.advance(25_500);
  assert.deepEqual(ttls(await ask(s.dns, 'site.example')), [35]);
  assert.equal(s.upstream.seen.length, 1);
  s.clock.advance(35_000);
  assert.deepEqual(ttls(await ask(s.dns, 'site.example')), [60]);
  assert.equal(s.upstream.seen.length, 2);
});

test('an answer with TTL 0 is not kept', async (t) => {
  const s = await scene(t, ({ name }) => ({ answers: [address(name, '192.0.2.1', 0)] }));
  await ask(s.dns, 'site.example');
  await ask(s.dns, 'site.example');
  assert.equal(s.upstream.seen.length, 2);
});

test('"no such name" is kept for the lesser of the SOA’s TTL and its minimum, and not at all without one (RFC 2308)', async (t) => {
  const s = await scene(t, ({ name }) =>
    name === 'bare.example' ? { flags: NXDOMAIN } : { flags: NXDOMAIN, authorities: [soa('example', 900, 30)] },
  );
  assert.equal((await ask(s.dns, 'no.example')).rcode, 'NXDOMAIN');
  s.clock.advance(29_000);
  assert.equal((await ask(s.dns, 'no.example')).rcode, 'NXDOMAIN');
  assert.equal(s.upstream.seen.length, 1);
  s.clock.advance(2000);
  await ask(s.dns, 'no.example');
  assert.equal(s.upstream.seen.length, 2);
  await ask(s.dns, 'bare.example');
  await ask(s.dns, 'bare.example');
  assert.equal(s.upstream.seen.length, 4);
});

test('each client gets its own id and its own spelling of the name back (0x20)', async (t) => {
  const s = await scene(t);
  for (const [name, id] of [
    ['sItE.ExAmPlE', 7],
    ['SITE.example', 65_535],
  ] as const) {
    const answer = await ask(s.dns, name, { id });
    assert.equal(answer.id, id);
    assert.equal(answer.questions?.[0]?.name, name);
  }
  assert.equal(s.upstream.seen.length, 1);
});

test('questions with and without DNSSEC records are kept apart, and no unchecked answer is vouched for', async (t) => {
  const s = await scene(t, ({ name }) => ({ flags: 0x20, answers: [address(name)] }));
  const plain = await ask(s.dns, 'site.example');
  const signed = await ask(s.dns, 'site.example', { dnssec: true });
  assert.equal(s.upstream.seen.length, 2);
  assert.equal(plain.flag_ad || signed.flag_ad, false);
  const opt = s.upstream.seen[1]?.packet.additionals?.[0];
  assert.equal(opt?.type === 'OPT' && opt.flag_do, true);
});

test('identical questions asked at once become one upstream question, and each is answered', async (t) => {
  const s = await scene(t);
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, id) => ask(s.dns, id % 2 ? 'Site.example' : 'site.Example', { id })),
  );
  assert.deepEqual(
    answers.map((a) => a.id),
    [...answers.keys()],
  );
  assert.ok(answers.every((a) => a.answers?.length === 1));
  assert.equal(s.upstream.seen.length, 1);
});

test('the cache stays within its bounds', async (t) => {
  const s = await scene(t, everyName, { cacheEntries: 10 });
  for (let i = 0; i < 40; i++) await ask(s.dns, `n${i}.example`);
  assert.ok(s.dns.stats().cacheEntries <= 10);
  s.dns.clearCache();
  assert.equal(s.dns.stats().cacheEntries, 0);
  assert.equal(s.dns.stats().cacheBytes, 0);
});

test('an answer larger than the client takes is cut with TC, and whole over TCP', async (t) => {
  const s = await scene(t, ({ name }) => ({
    answers: Array.from({ length: 20 }, (_, i) => address(name, `192.0.2.${i}`)),
  }));
  const small = await exchange(s.dns.port, question('big.example'));
  assert.ok(small !== null && small.length <= 512);
  assert.equal((await ask(s.dns, 'big.example')).flag_tc, true);
  assert.equal((await ask(s.dns, 'big.example', { edns: 4096 })).answers?.length, 20);
  const [whole] = await askTcp(s.dns, [question('big.example')]);
  assert.equal(whole?.answers?.length, 20);
  assert.equal(whole?.flag_tc, false);
});

test('an answer that an upstream cuts is fetched from it over TCP', async (t) => {
  const s = await scene(t, ({ name }, transport) =>
    transport === 'udp'
      ? { flags: 0x200 }
      : { answers: Array.from({ length: 200 }, (_, i) => address(name, `192.0.2.${i}`)) },
  );
  const [whole] = await askTcp(s.dns, [question('huge.example')]);
  assert.equal(whole?.answers?.length, 200);
  assert.deepEqual(
    s.upstream.seen.map((q) => q.transport),
    ['udp', 'tcp'],
  );
});

test('names that must not leave the house, or switch the filter off, are answered here', async (t) => {
  const s = await scene(t, everyName);
  assert.deepEqual(data(await ask(s.dns, 'localhost')), ['127.0.0.1']);
  assert.deepEqual(data(await ask(s.dns, 'app.localhost', { type: 'AAAA' })), ['::1']);
  for (const name of [
    'use-application-dns.net',
    'mask.icloud.com',
    'mask-h2.icloud.com',
    'x.onion',
    '1.0.0.127.in-addr.arpa',
  ]) {
    assert.equal((await ask(s.dns, name)).rcode, 'NXDOMAIN', name);
  }
  const ddr = await ask(s.dns, '_dns.resolver.arpa', { type: SVCB });
  assert.deepEqual([ddr.rcode, ddr.answers?.length], ['NOERROR', 0]);
  assert.equal(s.upstream.seen.length, 0);
  await ask(s.dns, 'dc.school.local');
  assert.equal(s.upstream.seen.length, 1, 'an upstream of the school’s own may know the school’s own names');
});

test('ANY is answered with one small record (RFC 8482)', async (t) => {
  const s = await scene(t);
  const answer = await ask(s.dns, 'site.example', { type: 'ANY' });
  assert.deepEqual(
    answer.answers?.map((a) => a.type),
    ['HINFO'],
  );
  assert.equal(s.upstream.seen.length, 0);
});

test('a fault while judging refuses the question, and the next is answered', async (t) => {
  const s = await scene(t);
  const judgeWire = s.judge.judgeWire;
  s.judge.judgeWire = () => {
    throw new Error('broken on purpose');
  };
  assert.equal((await ask(s.dns, 'site.example')).rcode, 'SERVFAIL');
  s.judge.judgeWire = judgeWire;
  assert.equal((await ask(s.dns, 'site.example')).rcode, 'NOERROR');
  assert.deepEqual(
    s.events.map((e) => e.event),
    ['dns.fault'],
  );
});

test('the upstream learns nothing of the client but the question', async (t) => {
  const s = await scene(t);
  const subnet = Buffer.from('00080007000118007f0000', 'hex');
  const packet = question('site.example', { edns: 1232 });
  const withOption = Buffer.concat([packet.subarray(0, -2), Buffer.from([0, subnet.length]), subnet]);
  assert.notEqual(await exchange(s.dns.port, withOption), null);
  const opt = s.upstream.seen[0]?.packet.additionals?.[0];
  assert.deepEqual(opt?.type === 'OPT' ? opt.options : null, []);
});
