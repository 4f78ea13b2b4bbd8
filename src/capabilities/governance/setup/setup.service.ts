import { Refusal } from '#core/errors.ts';
import { digestToken, newId } from '#core/ids.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { schools } from '#platform/school.ts';
import { shippedPolicy } from '#policy/index.ts';
import { addSource, enrolGateway, tendLists } from '#rooms/filtering/index.ts';
import { assignRole, createPerson } from '#rooms/identity/index.ts';
import { adoptPolicy } from '#rooms/policies/index.ts';
import { mailUrl } from '../mail-server.rules.ts';
import { slugOf } from './setup.rules.ts';
import type { SetupInput } from './setup.schema.ts';

/** Roles of the first two people; until somebody else is named, the administrator also looks after the filter. */
const FIRST_ROLES = { administrator: ['administrator', 'ict-manager'], dsl: ['dsl'] } as const;

/** What the gateway on this machine needs to follow its control. */
export interface Enrolled {
  readonly token: string;
  readonly publicKey: string;
}

export interface FirstPerson {
  readonly part: 'administrator' | 'dsl';
  readonly name: string;
  readonly username: string;
  /** Shown once; only its hash is kept. */
  readonly password: string;
}

/** Is this the link that was printed at the start, and has nobody used it? */
export async function isSetupToken(deps: Deps, token: string): Promise<boolean> {
  const { setup_digest } = await deps.db.outside((tx) =>
    tx.selectFrom('installation').select('setup_digest').executeTakeFirstOrThrow(),
  );
  return setup_digest?.equals(digestToken(token)) ?? false;
}

const usedLink = () =>
  new Refusal('not-found', 'setup.link', 'This setup link is not right, or it has been used.', {
    remedy:
      'A link works once. Start Gatehouse again to get a new one; if your school is set up already, just sign in.',
  });

/**
 * Put a school under protection: all of it in one transaction, or nothing. `token` is the link's; null from the command
 * line, which only the owner of the machine can use. What the gateway needs is written inside the transaction, so that a
 * full disk leaves no school without its filter.
 */
export async function setUp(
  deps: Deps,
  input: SetupInput,
  token: string | null,
  onEnrolled: (enrolled: Enrolled) => void,
): Promise<FirstPerson[]> {
  const [existing] = await schools(deps.db);
  if (existing) {
    if (token !== null) throw usedLink();
    throw new Refusal('conflict', 'setup.done', `${existing.name} is set up here already; change it in Settings.`);
  }
  const school = newId(deps.clock.now());
  return deps.db.in(systemContext(school), async (tx) => {
    await useLink(tx, token);
    await makeSchool(tx, school, input);
    const { administrator, people } = await makePeople(tx, deps, school, input);
    await adoptPolicy(tx, deps, systemContext(school), shippedPolicy(input.policy), { approver: administrator });
    await tendLists(tx, deps, school);
    if (input.lists) await addLists(tx, deps, school, input.lists.location);
    const gateway = await enrolGateway(tx, deps, systemContext(school), 'local');
    const { signing_public } = await tx.selectFrom('installation').select('signing_public').executeTakeFirstOrThrow();
    await record(tx, {
      school,
      actor: null,
      action: 'school.set-up',
      object: { kind: 'school', id: school },
      detail: {
        policy: input.policy,
        terms: input.terms.length,
        lists: Boolean(input.lists),
        mail: Boolean(input.mail),
      },
      at: deps.clock.now(),
    });
    onEnrolled({ token: gateway, publicKey: signing_public });
    return people;
  });
}

/** The link is spent in the same transaction. Two who use it at once: the second finds it gone. */
async function useLink(tx: Tx, token: string | null): Promise<void> {
  let query = tx.updateTable('installation').set({ setup_digest: null });
  if (token !== null) query = query.where('setup_digest', '=', digestToken(token));
  const { numUpdatedRows } = await query.executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw usedLink();
}

/** The school itself, its first site and its terms. */
export async function makeSchool(
  tx: Tx,
  id: string,
  input: Pick<SetupInput, 'school' | 'site' | 'terms' | 'mail'> & { readonly slug?: string },
): Promise<void> {
  const settings = input.mail ? { mail: { url: mailUrl(input.mail), from: input.mail.from } } : {};
  await tx
    .insertInto('school')
    .values({
      id,
      slug: input.slug ?? slugOf(input.school.name),
      name: input.school.name,
      time_zone: input.school.timeZone ?? 'Europe/London',
      settings: JSON.stringify(settings),
    })
    .execute();
  await tx.insertInto('site').values({ school_id: id, name: input.site }).execute();
  if (input.terms.length === 0) return;
  await tx
    .insertInto('term')
    .values(
      input.terms.map((t) => ({
        school_id: id,
        name: t.name.trim(),
        starts: t.starts,
        ends: t.ends,
        half_term_starts: t.halfTermStarts ?? null,
        half_term_ends: t.halfTermEnds ?? null,
      })),
    )
    .execute();
}

async function makePeople(tx: Tx, deps: Deps, school: string, input: SetupInput) {
  const by = systemContext(school);
  const people: FirstPerson[] = [];
  const ids = { administrator: '', dsl: '' };
  for (const part of ['administrator', 'dsl'] as const) {
    const { name, username, email } = input[part];
    const made = await createPerson(tx, deps, by, { username, displayName: name, kind: 'staff', email: email ?? null });
    ids[part] = made.id;
    people.push({ part, name, username, password: made.firstPassword });
    for (const role of FIRST_ROLES[part]) await assignRole(tx, deps, by, { person: made.id, role, rank: 'holder' });
  }
  return { ...ids, people };
}

async function addLists(tx: Tx, deps: Deps, school: string, location: string): Promise<void> {
  try {
    await addSource(tx, deps, systemContext(school), { location });
  } catch (e) {
    if (!(e instanceof Refusal)) throw e;
    throw new Refusal('invalid', 'setup.lists', e.message, { fields: { '/lists/location': e.message } });
  }
}
