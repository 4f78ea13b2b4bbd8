import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Refusal } from '#core/errors.ts';
import { shippedPolicy } from '#policy/index.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { type Checked, type CheckOptions, check } from './check.ts';
import { ROOT } from './installation.ts';

const folder = temporaryFolder('check');
after(() => rmSync(folder, { recursive: true }));
const lists = join(folder, 'lists');
mkdirSync(join(lists, 'of-our-own-choice/gambling'), { recursive: true });
writeFileSync(join(lists, 'of-our-own-choice/gambling/domains'), 'bets.example\nbbc.co.uk\n');
mkdirSync(join(lists, 'bonappetit/adult'), { recursive: true });
writeFileSync(join(lists, 'bonappetit/adult/domains'), 'paper.example\n');
writeFileSync(join(folder, 'hosts.txt'), '# some\nbets.example\n\npaper.example\nnot a host\n');

const options: CheckOptions = {
  policy: 'secondary-school',
  profile: 'year-8',
  lists,
  file: undefined,
  addresses: ['bets.example', 'paper.example', 'bbc.co.uk', 'childline.org.uk', 'child-abuse.gatehouse-test.example'],
  at: Date.UTC(2026, 10, 24, 10),
};

test('many addresses are answered at once, each with its reason, its sources and what they weigh', async () => {
  const answers = await check(options);
  const of = (address: string): Checked => {
    const found = answers.find((a) => a.address === address);
    assert.ok(found, address);
    return found;
  };
  assert.deepEqual(
    answers.map((a) => a.outcome),
    ['block', 'allow', 'allow', 'allow', 'block'],
  );
  assert.equal(of('bets.example').because?.category, 'gambling');
  assert.deepEqual(
    of('bets.example').sources.map((s) => [s.source, s.says]),
    [['of-our-own-choice', 'gambling']],
  );
  const [claim] = of('paper.example').weighed;
  assert.deepEqual([claim?.category, claim?.reached], ['pornography', null], 'one hasty source is not believed');
  assert.equal(of('childline.org.uk').because?.rule, 'safety.help');
  assert.deepEqual(of('bbc.co.uk').categories, ['news'], 'our own word holds');
  const illegal = of('child-abuse.gatehouse-test.example');
  assert.deepEqual([illegal.sources, illegal.weighed], [[], []], 'lists of illegal content are not quoted');
});

test('FIL-01 how sure the lists must be is said beside what they weigh, and the policy that asks for it', async () => {
  const [year7, staff] = await Promise.all(
    ['year-7', 'staff'].map((profile) => check({ ...options, profile, addresses: ['bets.example'] })),
  );
  assert.deepEqual([year7?.[0]?.evidence, staff?.[0]?.evidence], ['careful', 'sure']);
  assert.equal(year7?.[0]?.policy, 'secondary-school 1');
  assert.deepEqual(year7?.[0]?.weighed[0]?.reached, 'sure');
});

test('a time may be given, by which the windows of a policy are open or closed', async () => {
  const document = shippedPolicy('secondary-school');
  const windows = [{ days: [2], from: '12:30', to: '13:15' }];
  const rules = document.rules.map((rule) =>
    rule.categories.includes('gambling')
      ? { ...rule, cells: { ...rule.cells, pupil: { value: 'times', windows } } }
      : rule,
  );
  const file = join(folder, 'timed.json');
  writeFileSync(file, JSON.stringify({ ...document, rules }));
  const outcome = async (at: string) =>
    (await check({ ...options, policy: file, at, addresses: ['bets.example'] }))[0]?.outcome;
  assert.deepEqual(
    [await outcome('2026-11-24T12:29'), await outcome('2026-11-24T12:30'), await outcome('2026-11-25T12:30')],
    ['block', 'allow', 'block'],
  );
});

test('of an encrypted address only the name is seen, and both answers are given', async () => {
  const url = 'shared.example/casino';
  mkdirSync(join(lists, 'with-addresses/gambling'), { recursive: true });
  writeFileSync(join(lists, 'with-addresses/gambling/urls'), `${url}\n`);
  const said = (await check({ ...options, addresses: [`http://${url}`, `https://${url}`] })).map((c) => [
    c.outcome,
    c.seen,
    c.byName,
  ]);
  assert.deepEqual(said, [
    ['block', 'address', null],
    ['block', 'name', 'allow'],
  ]);
});

test('what cannot be checked is refused with what there is', async () => {
  const refused = (change: Partial<CheckOptions>, code: string) =>
    assert.rejects(check({ ...options, ...change }), (e) => e instanceof Refusal && e.code === code);
  await refused({ profile: 'year-99' }, 'check.profile');
  await refused({ profile: 'nobody' }, 'check.profile');
  await refused({ policy: join(folder, 'no-such.json') }, 'check.policy');
  await refused({ lists: join(folder, 'nowhere') }, 'check.lists');
  await refused({ addresses: [] }, 'check.nothing');
  await refused({ at: 'tomorrow' }, 'check.at');
});

test('the command prints a line of JSON for each line of a file', () => {
  const run = spawnSync(
    process.execPath,
    ['src/main/cli.ts', 'check', '--lists', lists, '--file', join(folder, 'hosts.txt'), '--json'],
    { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NODE_TEST_CONTEXT: undefined } },
  );
  assert.equal(run.status, 0, run.stderr);
  const lines = run.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Checked);
  assert.deepEqual(
    lines.map((l) => [l.address, l.outcome]),
    [
      ['bets.example', 'block'],
      ['paper.example', 'allow'],
      ['not a host', 'not-an-address'],
    ],
  );
});
