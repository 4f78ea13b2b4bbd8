import { DAY, MINUTE } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { authoriseSearcher, searchLinks, startSearch, takeSearchStep, takeStep } from '#rooms/incidents/index.ts';
import { onSchoolDay } from './activity.ts';
import { cast, type DemoPeople } from './people.ts';
import { depsAt } from './stories.ts';

type Typed = Readonly<Record<string, string>>;
/** Of the cast: put in as their id where a form names a person. */
type Steps = readonly (readonly [action: Parameters<typeof takeSearchStep>[4], typed: Typed])[];

const toReady: Steps = [
  ['explain', { explained: 'yes', questions: 'Whether it comes back today.' }],
  ['cooperate', { cooperated: 'yes', after: 'Took it out of the bag and put it on the table.' }],
  ['search', { found: 'The bag, with a colleague there; the phone was in it.' }],
];
const taken = (item: string): Steps => [
  ['confiscate', { item, place: 'Safe in the main office', seal: 'B-0112', holder: 'teacher', when: '' }],
];

/** Two searches of a phone: one is over and the phone is back; one was stopped, and its case is locked (SRC-19). */
const SEARCHES: readonly {
  readonly back: number;
  readonly pupil: { readonly year: number; readonly n: number };
  readonly start: Typed;
  readonly steps: Steps;
}[] = [
  {
    back: 4,
    pupil: { year: 8, n: 71 },
    start: {
      device: 'Black phone in a blue case',
      urgent: 'yes',
      why: 'A pupil is in tears over a film that was made at break.',
      risk: 'The pupil who was filmed; a colleague is with him.',
    },
    steps: [
      ['ground', { ground: 'risk', facts: 'Two pupils say, each alone, that they were filmed with it.' }],
      ...toReady,
      ...taken('Black phone in a blue case, scratched corner'),
      ['return', { to: 'His mother, after school', when: '' }],
    ],
  },
  {
    back: 1,
    pupil: { year: 10, n: 52 },
    start: {
      device: 'White phone with a sticker of a fox',
      urgent: 'yes',
      why: 'Pupils say that a picture of another pupil goes round just now.',
      risk: 'The pupil in the picture; the DSL is with her.',
    },
    steps: [
      ['ground', { ground: 'risk', facts: 'Three pupils told me what it is said to show. I have not seen it.' }],
      ...toReady,
      ...taken('White phone with a sticker of a fox, switched off'),
      ['suspect', {}],
    ],
  },
];

export async function tellSearches(deps: Deps, { viewers, all }: DemoPeople): Promise<void> {
  const now = deps.clock.now();
  const [head, teacher] = [cast(viewers, 'head'), cast(viewers, 'teacher')];
  const zone = head.school.timeZone;
  const trained = depsAt(deps, now - 12 * DAY);
  await authoriseSearcher(trained, head, {
    person: teacher.person.id,
    from: dayIn(zone, trained.clock.now()),
    until: '',
    because: 'Took the training on searches in September.',
  });
  for (const { back, pupil, start, steps } of SEARCHES) {
    const about = all.filter((p) => p.yearGroup === pupil.year)[pupil.n];
    if (!about) throw new Error('the roll is too short for the searches');
    let at = onSchoolDay(now, back, 11 * 60 + 5, zone);
    const reference = await startSearch(depsAt(deps, at), teacher, { pupil: about.id, ...start });
    for (const [action, typed] of steps) {
      at += 4 * MINUTE;
      const named = typed.holder ? { ...typed, holder: cast(viewers, typed.holder).person.id } : typed;
      const moment = depsAt(deps, at);
      await takeSearchStep(moment, searchLinks(moment), teacher, reference, action, named);
    }
  }
  await takeUp(deps, viewers, onSchoolDay(now, 1, 11 * 60 + 40, zone));
}

/** The DSL has the case that was stopped within the quarter of an hour; nobody has looked. */
async function takeUp(deps: Deps, viewers: DemoPeople['viewers'], at: number): Promise<void> {
  const dsl = cast(viewers, 'dsl');
  const { id } = await deps.db.in(systemContext(dsl.school.id), (tx) =>
    tx.selectFrom('case_file').select('id').where('source', '=', 'search').executeTakeFirstOrThrow(),
  );
  const steps = [
    { action: 'assign', person: dsl.person.id },
    {
      action: 'act',
      text: 'Sat with the girl in the picture and rang her parents. She is at home with them.',
      detail: { purpose: 'safeguarding' },
    },
    { action: 'record', detail: { reference: 'R-1053' } },
  ] as const;
  for (const [i, step] of steps.entries()) await takeStep(depsAt(deps, at + i * 5 * MINUTE), dsl, id, step);
}
