import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DAY } from '#core/clock.ts';
import { systemContext } from '#platform/db.ts';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import { gatewayWith } from '#testing/gateway.ts';
import type { Part, TestSchool } from '#testing/web.ts';
import { submitChange } from '../changes/changes.service.ts';
import { lesson } from '../changes/testing.ts';
import { buildSnapshot } from '../snapshot.service.ts';
import { currentIndex, judgeFor } from '../verdict.service.ts';
import { tendTools } from './ai-tools.clock.ts';
import { aiToolsStanding } from './ai-tools.pages.ts';
import { actOnTool, approveTool, assessTool, proposeTool } from './ai-tools.service.ts';
import { assessment, byPlace, onRegister, proposal, toolSchool } from './testing.ts';

let t: TestDatabase;
before(async () => {
  t = await testDatabase();
});
after(() => t.drop());

const system = (s: TestSchool) => systemContext(s.id);
/** A gateway that holds what control would send it now; it hears nothing after that. */
const gateway = (s: TestSchool) =>
  t.db.in(system(s), async (tx) => {
    const [snapshot, index] = [await buildSnapshot(tx, s.deps), await currentIndex(s.deps, tx)];
    assert.ok(snapshot && index);
    const judge = gatewayWith(snapshot, index, s.clock);
    return (part: Part, host: string) => judge.judge(judge.identify('10.0.0.9', s.people[part].id), host);
  });
const open = async (s: TestSchool, part: Part, host: string) => (await gateway(s))(part, host).outcome === 'allow';
const refusal = (code: string) => (e: unknown) => {
  assert.equal((e as { code: string }).code, code, String(e));
  return true;
};

test('AIG-05 a tool is closed from its proposal on, and opens at exactly its sites for exactly the profiles approved', async () => {
  const s = await toolSchool(t);
  assert.ok(await open(s, 'staff', 'chatter.example'), 'no list knows it, so nothing closed it before');
  const reference = await proposeTool(s.deps, s.people.teacher.viewer, proposal());
  for (const part of ['staff', 'teacher', 'ictManager', 'head', 'year8', 'year12', 'visitor'] as const) {
    assert.equal(await open(s, part, 'chatter.example'), false, part);
    assert.equal(await open(s, part, 'www.chatter.example'), false, part);
  }
  await assessTool(s.deps, s.people.ictManager.viewer, reference, assessment({ sites: 'chatter.example' }));
  assert.equal(await open(s, 'staff', 'chatter.example'), false, 'assessed is not approved');
  const chosen = await byPlace(s, { staff: 'approved', 'sixth-form': 'trial' });
  await approveTool(s.deps, s.people.head.viewer, reference, { chosen, trialEnds: '2026-12-18' });
  const at = await gateway(s);
  for (const part of ['staff', 'teacher', 'year12'] as const) {
    assert.equal(at(part, 'chatter.example').outcome, 'allow', part);
    assert.equal(at(part, 'app.chatter.example').outcome, 'allow', part);
    // Named in the proposal, and not part of what was assessed.
    assert.equal(at(part, 'files.chatter-store.example').outcome, 'block', part);
    assert.equal(at(part, 'listed-chat.example').outcome, 'block', 'no other tool opens with it');
  }
  for (const part of ['year7', 'year8', 'visitor'] as const) {
    const { outcome, because } = at(part, 'chatter.example');
    assert.equal(outcome, 'block', part);
    assert.match(because.text, /Chatter is an AI tool, and is closed to you until it has been assessed/);
    assert.equal(because.clause, 'use.ai');
  }
});

test('AIG-05 a tool that the lists know opens through its approval as well, and help and what is never opened do not change', async () => {
  const s = await toolSchool(t);
  assert.equal(await open(s, 'staff', 'listed-chat.example'), false, 'AI sites are closed to everybody by default');
  await onRegister(s, { proposal: { sites: 'listed-chat.example' }, chosen: { staff: 'approved' } });
  assert.ok(await open(s, 'staff', 'listed-chat.example'));
  assert.equal(await open(s, 'year12', 'listed-chat.example'), false);
  for (const sites of ['never.example', 'phish.example', 'speeches.example', 'childline.org.uk', 'co.uk']) {
    await assert.rejects(
      proposeTool(s.deps, s.people.dsl.viewer, proposal({ sites })),
      refusal('ai-tool.sites'),
      sites,
    );
  }
  await assert.rejects(
    proposeTool(s.deps, s.people.teacher.viewer, proposal({ sites: 'paper.example' })),
    refusal('ai-tool.isTool'),
  );
  await assert.rejects(
    proposeTool(s.deps, s.people.staff.viewer, proposal({ sites: 'listed-chat.example' })),
    refusal('ai-tool.sites'),
    'it stands on the register already',
  );
});

test('AIG-05 a gateway that hears nothing more closes the trial at its end and the rest at the review, by its own clock', async () => {
  const s = await toolSchool(t);
  const reference = await onRegister(s, {
    chosen: { staff: 'approved', 'sixth-form': 'trial' },
    trialEnds: '2026-11-30',
  });
  const at = await gateway(s);
  const seen = () => `${at('staff', 'chatter.example').outcome} ${at('year12', 'chatter.example').outcome}`;
  const until = async (moment: string) => s.clock.advance(Date.parse(moment) - s.clock.now());
  assert.equal(seen(), 'allow allow');
  await until('2026-11-30T23:59:59.999Z');
  assert.equal(seen(), 'allow allow');
  await until('2026-12-01T00:00:00.000Z');
  assert.equal(seen(), 'allow block');
  // Summer time: the school's midnight comes an hour before that of UTC.
  await until('2027-05-14T22:59:59.999Z');
  assert.equal(seen(), 'allow block');
  await until('2027-05-14T23:00:00.000Z');
  assert.equal(seen(), 'block block');
  assert.match(at('staff', 'chatter.example').because.text, /closed to you until it has been assessed/);
  // Control comes to the same, and writes down what the clock did.
  await tendTools(s.deps);
  await tendTools(s.deps);
  const steps = await t.asOwner<{ action: string; at: Date; by_person: string | null }>(
    `select s.action, s.at, s.by_person from ai_tool_step s join ai_tool a on a.id = s.tool_id where a.reference = $1 order by number`,
    [reference],
  );
  assert.deepEqual(
    steps.map((r) => r.action),
    ['propose', 'assess', 'approve', 'fall-due', 'lapse'],
  );
  assert.equal(steps.at(-1)?.at.toISOString(), '2027-05-14T23:00:00.000Z');
  assert.equal(await open(s, 'staff', 'chatter.example'), false);
});

test('AIG-05 the owner has notice before a tool closes, once for each end, in a letter that names no tool', async () => {
  const s = await toolSchool(t);
  await onRegister(s, { chosen: { staff: 'approved', 'sixth-form': 'trial' }, trialEnds: '2026-11-30' });
  const letters = () =>
    t.asOwner<{ recipient: string; subject: string; body: string }>(
      `select recipient, subject, body from mail where school_id = $1 and about_kind = 'ai_tool_ends' order by id`,
      [s.id],
    );
  await tendTools(s.deps);
  assert.equal((await letters()).length, 0);
  s.clock.advance(22 * DAY);
  await tendTools(s.deps);
  await tendTools(s.deps);
  const first = await letters();
  const { ictManager, dsl, dslDeputy } = s.people;
  assert.deepEqual(first.map((l) => l.recipient).sort(), [ictManager.id, dsl.id, dslDeputy.id].sort());
  assert.doesNotMatch(first.map((l) => l.subject + l.body).join(), /Chatter|chatter/);
  s.clock.advance(Date.parse('2027-04-25T08:00:00Z') - s.clock.now());
  await tendTools(s.deps);
  assert.equal((await letters()).length, 2 * first.length, 'the review has a notice of its own');
});

test('AIG-05 an assessment in time goes on without a gap, with the new sites only after the new approval', async () => {
  const s = await toolSchool(t);
  const reference = await onRegister(s, {
    assessment: { sites: 'chatter.example' },
    chosen: { staff: 'approved' },
  });
  s.clock.advance(Date.parse('2027-05-01T08:00:00Z') - s.clock.now());
  await tendTools(s.deps);
  const again = assessment({ sites: 'chatter.example, voice.chatter-audio.example', reviewOn: '2028-04-28' });
  await assessTool(s.deps, s.people.ictManager.viewer, reference, again);
  assert.ok(await open(s, 'staff', 'chatter.example'), 'the approval before holds to its end');
  assert.equal(await open(s, 'staff', 'voice.chatter-audio.example'), false);
  await approveTool(s.deps, s.people.head.viewer, reference, {
    chosen: await byPlace(s, { staff: 'approved' }),
    trialEnds: '',
  });
  s.clock.advance(60 * DAY);
  assert.ok(await open(s, 'staff', 'chatter.example'));
  assert.ok(await open(s, 'staff', 'voice.chatter-audio.example'));
  await actOnTool(s.deps, s.people.ictManager.viewer, reference, 'close', 'It now shows advertising to pupils.');
  assert.equal(await open(s, 'staff', 'chatter.example'), false, 'one person closes it at once');
});

test('AIG-05 no request for a lesson opens an AI tool, neither when it is asked for nor at the gateway', async () => {
  const s = await toolSchool(t);
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [s.people.year8.id]);
  const input = lesson({ sites: 'listed-chat.example', from: '', until: '2026-11-05T12:05' });
  await assert.rejects(submitChange(s.deps, s.people.teacher.viewer, input, 'ask'), refusal('change.assessed'));
  const index = await t.db.in(system(s), (tx) => currentIndex(s.deps, tx));
  const snapshot = await t.db.in(system(s), (tx) => buildSnapshot(tx, s.deps));
  assert.ok(snapshot && index);
  const change = {
    reference: 'ABCDEF',
    effect: 'open',
    hosts: ['listed-chat.example'],
    from: 0,
    until: s.clock.now() + DAY,
    people: null,
    profiles: null,
    text: 'Opened.',
    clause: null,
  } as const;
  const seen = (more: object) => {
    const judge = gatewayWith({ ...snapshot, changes: [{ ...change, ...more }] }, index, s.clock);
    return judge.judge(judge.identify('10.0.0.9', s.people.year8.id), 'listed-chat.example').outcome;
  };
  assert.deepEqual([seen({}), seen({ assessed: true })], ['block', 'allow']);
});

test('AIG-05 a lesson’s list, an emergency closing and the gateway’s own pages see the same of an approved tool', async () => {
  const s = await toolSchool(t);
  await onRegister(s, { chosen: { staff: 'approved' } });
  const say = (part: Part) =>
    t.db.in(system(s), (tx) => judgeFor(tx, s.deps, { person: s.people[part].id, host: 'chatter.example' }));
  assert.deepEqual([(await say('staff')).decision.outcome, (await say('year8')).decision.outcome], ['allow', 'block']);
  const close = lesson({
    kind: 'emergency-block',
    sites: 'chatter.example',
    scope: 'everyone',
    purpose: 'It shows pictures that nobody should see here.',
  });
  await submitChange(s.deps, s.people.ictManager.viewer, close, 'close-now');
  assert.equal((await say('staff')).decision.outcome, 'block');
  assert.equal(await open(s, 'staff', 'chatter.example'), false);
});

test('AIG-05 every step needs its part; whoever assessed or proposed approves nothing, not even in the database', async () => {
  const s = await toolSchool(t);
  const everybody = Object.keys(s.people) as Part[];
  const may = async (parts: readonly Part[], code: string, act: (part: Part) => Promise<unknown>) => {
    for (const part of everybody.filter((p) => !parts.includes(p))) {
      await assert.rejects(act(part), refusal(code), part);
    }
  };
  const works: Part[] = everybody.filter((p) => s.people[p].viewer.person.kind === 'staff');
  await may(works, 'ai-tool.duty', (part) => proposeTool(s.deps, s.people[part].viewer, proposal()));
  const reference = await proposeTool(s.deps, s.people.teacher.viewer, proposal());
  const keepers: Part[] = ['dsl', 'dslDeputy', 'ictManager', 'coordinator'];
  const seesIt = everybody.filter((p) => works.includes(p) || ['leadGovernor', 'governor'].includes(p));
  for (const part of seesIt.filter((p) => !keepers.includes(p))) {
    await assert.rejects(
      assessTool(s.deps, s.people[part].viewer, reference, assessment()),
      refusal('ai-tool.duty'),
      part,
    );
  }
  for (const part of everybody.filter((p) => !seesIt.includes(p))) {
    await assert.rejects(
      assessTool(s.deps, s.people[part].viewer, reference, assessment()),
      { kind: 'not-found' },
      part,
    );
  }
  const chosen = await byPlace(s, { staff: 'approved' });
  const approve = (part: Part) => approveTool(s.deps, s.people[part].viewer, reference, { chosen, trialEnds: '' });
  await assert.rejects(approve('head'), refusal('ai-tool.state'), 'nothing is approved before it is assessed');
  await assessTool(s.deps, s.people.dsl.viewer, reference, assessment());
  await assert.rejects(approve('dsl'), refusal('ai-tool.second-person'));
  for (const part of ['ictManager', 'teacher', 'staff', 'governor'] as const) {
    await assert.rejects(approve(part), refusal('ai-tool.duty'), part);
  }
  const [tool] = await t.asOwner<{ id: string; assessment: string }>(
    `select t.id, a.id as assessment from ai_tool t join ai_tool_assessment a on a.tool_id = t.id where t.reference = $1`,
    [reference],
  );
  const forced = (person: string | null, assessment: string | null) =>
    t.asOwner(
      `insert into ai_tool_step (tool_id, number, school_id, action, to_state, by_person, at, assessment_id) values ($1, 9, $2, 'approve', 'approved', $3, now(), $4)`,
      [tool?.id, s.id, person, assessment],
    );
  const assessed = tool?.assessment ?? null;
  for (const person of [s.people.dsl.id, s.people.teacher.id, null]) {
    await assert.rejects(forced(person, assessed), /nobody approves what they assessed or proposed/);
  }
  await assert.rejects(forced(s.people.head.id, null), /only the latest assessment/);
  await approve('head');
  const longer = t.asOwner(
    `insert into ai_tool_opening values ($1, 3, $2, 'pupil-7', 'approved', now() + interval '9 years')`,
    [tool?.id, s.id],
  );
  await assert.rejects(longer, /no longer than to its review/);
  const entries = await t.asOwner<{ action: string; detail: object }>(
    `select action, detail from ledger_entry where school_id = $1 and object_kind = 'ai_tool' order by id`,
    [s.id],
  );
  assert.deepEqual(
    entries.map((e) => e.action),
    ['ai-tool.propose', 'ai-tool.assess', 'ai-tool.approve'],
  );
  assert.doesNotMatch(
    JSON.stringify(entries),
    /makes things up|teacher in the room/,
    'the words stand in the register',
  );
});

test('AIG-05 what is on the register is changed by nobody, and another school neither reads nor moves it', async () => {
  const [s, other] = [await toolSchool(t), await toolSchool(t)];
  const reference = await onRegister(s, { chosen: { staff: 'approved' } });
  for (const table of ['ai_tool', 'ai_tool_assessment', 'ai_tool_step', 'ai_tool_opening'] as const) {
    for (const act of ['delete from', 'update'] as const) {
      const text = act === 'update' ? `update ${table} set school_id = school_id` : `delete from ${table}`;
      const { sql } = await import('kysely');
      await assert.rejects(
        t.db.in(s.people.dsl.context, (tx) => sql.raw(text).execute(tx)),
        /permission denied/,
        text,
      );
    }
    for (const person of [other.people.dsl, s.people.year8, s.people.parent, s.people.visitor]) {
      const rows = await t.db.in(person.context, (tx) => tx.selectFrom(table).select('school_id').execute());
      assert.deepEqual(rows, [], table);
    }
  }
  await assert.rejects(actOnTool(other.deps, other.people.dsl.viewer, reference, 'close', 'It is not ours to close.'), {
    kind: 'not-found',
  });
  assert.equal(await open(other, 'staff', 'chatter.example'), true, 'one school’s register closes nothing in another');
  const standing = await t.db.in(system(s), (tx) => aiToolsStanding(tx, s.clock.now()));
  assert.deepEqual([standing.approved, standing.trial, standing.reviewDue, standing.toDecide], [1, 0, 0, 0]);
});
