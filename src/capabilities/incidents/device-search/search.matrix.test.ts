import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type TestDatabase, testDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { code, type SearchSchool, searchSchool } from './fixture.ts';
import type { SearchState } from './search.facts.ts';
import type { Step } from './search.service.ts';
import { SEARCH_STATES, searchWorkflow } from './search.workflow.ts';

let t: TestDatabase;
let b: SearchSchool;
let s: TestSchool;
before(async () => {
  t = await testDatabase();
  b = await searchSchool(t);
  s = b.s;
});
after(() => t.drop());

const PARTS = { searcher: 'teacher', dsl: 'dslDeputy', head: 'head' } as const;
const STRANGERS = ['staff', 'ictManager', 'administrator', 'coordinator', 'year8', 'parent'] as const;

/** Every part tries everything that the table does not give it in this state; nothing of it may leave a trace. */
async function triesAll(reference: string, state: SearchState): Promise<number> {
  const before = (await b.read(reference)).entries.length;
  let tried = 0;
  for (const [actor, part] of Object.entries(PARTS)) {
    const allowed = searchWorkflow.offered(state, [actor as keyof typeof PARTS]);
    for (const action of searchWorkflow.actions.filter(
      (a) => !allowed.includes(a) && a !== 'start' && a !== 'remind',
    )) {
      const name = `${actor} ${action} in ${state}`;
      await assert.rejects(b.take(part, reference, action as Step), code(/\.not-(listed|yours)$/), name);
      tried++;
    }
  }
  for (const other of STRANGERS) {
    await assert.rejects(b.take(other, reference, 'suspect'), code('not-found'), `${other} in ${state}`);
  }
  assert.equal((await b.read(reference)).entries.length, before);
  return tried;
}

for (const state of SEARCH_STATES) {
  test(`SRC-19 SRC-20 EVI-03 in ${state} the program takes only what the table lists, and the suspicion of one picture locks it for everybody, seals the case and alerts the DSL`, async () => {
    const reference = await b.fresh(state);
    assert.ok((await triesAll(reference, state)) > 10);
    if (state === 'dsl-decision') return;

    const linked = (await b.read(reference)).cases;
    const { opened, sealed } = b.linked;
    const [openedBefore, sealedBefore] = [opened.length, sealed.length];
    assert.equal(await b.take('teacher', reference, 'suspect'), 'dsl-decision');
    if (linked.length > 0) {
      assert.deepEqual(
        sealed.slice(sealedBefore),
        linked.map((c) => c.id),
      );
    } else {
      assert.deepEqual(
        opened.slice(openedBefore).map((c) => [c.kind, c.urgent]),
        [['imagery', true]],
      );
    }
    const search = await b.read(reference);
    const cases = await t.asOwner<{ imagery: boolean }>('select imagery from case_file where id = any ($1)', [
      search.cases.map((c) => c.id),
    ]);
    assert.ok(cases.length > 0 && cases.every((c) => c.imagery), 'every case of it is sealed');
    const [alert] = await t.asOwner<{ urgency: string; state: string; told: string[]; kept_from: string[] }>(
      'select urgency, state, told, kept_from from alert where id = $1',
      [search.entries.at(-1)?.detail.alert],
    );
    assert.deepEqual([alert?.urgency, alert?.state, alert?.told], ['urgent', 'raised', [s.people.dsl.id]]);
    assert.ok(alert?.kept_from.includes(search.pupil));
    for (const part of ['teacher', 'dsl', 'head'] as const)
      for (const action of ['search', 'examine', 'finding', 'respond', 'delete'] as const)
        await assert.rejects(b.take(part, reference, action), code(/not-listed$/), `${part} ${action}`);
  });
}
