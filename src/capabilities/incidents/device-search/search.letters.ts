import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { holders, personById } from '#rooms/identity/index.ts';
import { raise } from '#rooms/monitoring/index.ts';
import type { Viewer } from '#web/index.ts';
import type { SearchAction } from './search.facts.ts';
import type { Search } from './search.store.ts';

type About = Pick<Search, 'id' | 'school' | 'reference'>;

/** A letter about a search. It says neither whose device it is nor what was found: it shows on locked phones. */
async function send(
  tx: Tx,
  deps: Deps,
  about: About,
  to: { readonly id: string; readonly email: string | null },
  words: { readonly subject: string; readonly sentence: string },
): Promise<void> {
  if (!to.email) return;
  const link = `${deps.config.pagesUrl}/device-searches/${about.reference}`;
  await post(tx, {
    school: about.school,
    recipient: to.id,
    address: to.email,
    subject: words.subject,
    body: `${words.sentence}\n\n${link}\n\nPlease do not pass this letter on.\n`,
    about: { kind: 'device-search', id: about.id },
  });
}

/** Whoever a step names learns of it, so that nobody stands in a record without knowing (SRC-06, SRC-14, SRC-17). */
const NAMED: Readonly<Partial<Record<SearchAction, { field: string; as: string }>>> = {
  advise: { field: 'adviser', as: 'as having advised on it' },
  respond: { field: 'second', as: 'as having decided with them' },
  delete: { field: 'witness', as: 'as the witness of a deletion' },
  'bring-in': { field: 'person', as: 'as somebody who goes on with it' },
  confiscate: { field: 'holder', as: 'as keeping a device' },
  move: { field: 'holder', as: 'as keeping a device' },
};

export async function tellNamed(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  about: About,
  action: SearchAction,
  detail: Readonly<Record<string, unknown>>,
): Promise<void> {
  const named = NAMED[action];
  const id = named && detail[named.field];
  if (typeof id !== 'string' || id === viewer.person.id) return;
  const person = await personById(tx, id);
  if (!person) return;
  await send(tx, deps, about, person, {
    subject: `A colleague named you in a device search: ${about.reference}`,
    sentence: `A colleague named you in the record of a device search, ${named?.as}. If that is not so, tell the designated safeguarding lead today.`,
  });
}

/**
 * SRC-20: the DSL is alerted in the same moment, and the next whom the policy names if nobody acknowledges. Whoever
 * presses the button need not be able to see alerts, so this part is the system's own.
 */
export async function alertDsl(
  tx: Tx,
  deps: Deps,
  viewer: Viewer,
  search: Search,
  clause: string | null,
): Promise<string> {
  await as(tx, '', ['system']);
  const { id } = await raise(tx, deps, {
    school: search.school,
    subject: search.pupil,
    keptFrom: search.about,
    detector: 'told',
    category: null,
    urgency: 'urgent',
    clause,
    lines: [
      {
        at: new Date(deps.clock.now()).toISOString(),
        host: '',
        category: null,
        outcome: '',
        via: 'told',
        text: `Device search ${search.reference}: the device may hold an indecent picture of a child. Nobody looks at it, copies it or sends it on. See that the device is in safe hands, and record your decision: /device-searches/${search.reference}`,
        told: { by: viewer.person.id, name: null, about: 'someone-else', safe: 'unsure' },
      },
    ],
    openKey: null,
  });
  await as(tx, viewer.person.id, viewer.duties);
  return id;
}

const as = (tx: Tx, person: string, duties: readonly string[]) =>
  sql`select set_config('gatehouse.person', ${person}, true), set_config('gatehouse.duties', ${duties.join(',')}, true)`.execute(
    tx,
  );

/**
 * SRC-16: the police have not got a device that they should have. First the DSL is told; from the second time on the
 * deputies and whoever is above as well. Never anybody whom it is about.
 */
export async function tellOverdue(tx: Tx, deps: Deps, search: Search, head: string, times: number): Promise<number> {
  const people = [
    ...(await holders(tx, 'dsl', times === 0 ? 'holder' : undefined)),
    ...(times === 0 ? [] : await holders(tx, head)),
  ];
  const free = people.filter((p) => !search.about.includes(p.id));
  // Where the first to be told is nobody, or is in it, the next are told at once.
  if (free.length === 0 && times === 0) return tellOverdue(tx, deps, search, head, 1);
  const each = new Map(free.map((p) => [p.id, p]));
  for (const person of each.values()) {
    await send(tx, deps, search, person, {
      subject: `The police have not got a device yet: ${search.reference}`,
      sentence:
        'A device that is, or could be, evidence of an offence is still in school. It goes to the police as soon as can be; record the hand-over with their reference.',
    });
  }
  return each.size;
}
