import { sql } from 'kysely';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { Recurring, Tasks } from '#platform/jobs.ts';
import { record } from '#platform/ledger.ts';
import { type Letter, post } from '#platform/mail.ts';
import { forEach, type School, schools } from '#platform/school.ts';
import type { Duty } from '#policy/index.ts';
import { holders, searchPeople } from '#rooms/identity/index.ts';
import { answerable, isOfMany, NOTICES, type NoticeKind, noticesOf } from './duties.rules.ts';
import { openTurns } from './duties.service.ts';
import { type Untold, untold } from './duties.store.ts';
import { subjectOf } from './duties.words.ts';

/** Every few minutes and at the start: turns that have begun are written down, and whoever must know is told. */
export const dutiesJobs = (deps: Deps): { tasks: Tasks; recurring: Recurring[] } => ({
  tasks: { 'duties.keep': () => keepDuties(deps) },
  recurring: [{ task: 'duties.keep', cron: '*/5 * * * *', atStart: true }],
});

export const keepDuties = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), (school) =>
    deps.db.in(systemContext(school.id), async (tx) => {
      // Two runs at once would write every letter twice.
      await sql`select pg_advisory_xact_lock(hashtext('gatehouse.duties'), hashtext(${school.id}))`.execute(tx);
      await openTurns(tx, deps, school.id);
      await tell(tx, deps, school);
    }),
  );

interface Recipient {
  readonly id: string;
  readonly email: string | null;
}
interface Item {
  readonly turn: Untold;
  readonly kind: NoticeKind;
}

/** Tell of everything whose moment has come, each once, and each person in one letter. */
async function tell(tx: Tx, deps: Deps, school: School): Promise<void> {
  const now = deps.clock.now();
  const items = (await untold(tx, now)).flatMap((turn) => {
    const kind = noticesOf(turn, turn.terms, school.timeZone).findLast((n) => n.at <= now)?.kind;
    // What the system does by itself is nobody's to be reminded of; that it did not happen is.
    const silent = kind === undefined || turn.told.includes(kind) || (turn.terms.owner === 'system' && kind !== 'late');
    return silent ? [] : [{ turn, kind }];
  });
  if (items.length === 0) return;

  const find = peopleByRole(tx);
  const letters = new Map<string, { to: Recipient; items: Item[] }>();
  const nobody: Item[] = [];
  for (const item of items) {
    const people = await recipients(find, item.turn.terms, item.kind);
    if (people.length === 0) nobody.push(item);
    for (const to of people) {
      const letter = letters.get(to.id) ?? { to, items: [] };
      letter.items.push(item);
      letters.set(to.id, letter);
    }
  }
  const write = letterOf(deps, school);
  const notices = nobody.map((i) => notice(i, { recipient: null, mail: null, skipped: 'nobody holds the role' }));
  for (const { to, items } of letters.values()) {
    const mail = to.email ? await post(tx, write(to.id, to.email, items)) : null;
    const skipped = mail ? null : 'no e-mail address is known';
    notices.push(...items.map((i) => notice(i, { recipient: to.id, mail, skipped })));
  }
  await tx
    .insertInto('duty_notice')
    .values(notices.map((n) => ({ ...n, school_id: school.id, at: new Date(now) })))
    .execute();
  await record(tx, {
    school: school.id,
    actor: null,
    action: 'duty.tell',
    object: { kind: 'school', id: school.id },
    detail: { told: items.map((i) => `${i.turn.id} ${i.kind}`), people: letters.size, nobody: nobody.length },
    at: now,
  });
}

type Find = (role: string) => Promise<readonly Recipient[]>;

/** Holders of a role, their deputies where nobody holds it; governors hold theirs by being governors (ROL-16). */
function peopleByRole(tx: Tx): Find {
  const known = new Map<string, Promise<readonly Recipient[]>>();
  const look = async (role: string): Promise<readonly Recipient[]> => {
    if (role === 'governor')
      return (await searchPeople(tx, '', { kind: 'governor', limit: 50 })).filter((p) => p.leftOn === null);
    if (isOfMany(role)) return [];
    const all = await holders(tx, role);
    const first = all.filter((h) => h.rank === 'holder');
    return first.length > 0 ? first : all;
  };
  return (role) => {
    const found = known.get(role) ?? look(role);
    known.set(role, found);
    return found;
  };
}

/** Owner and deputy; when it is late the second role too, and also where nobody holds the first. */
async function recipients(find: Find, duty: Duty, kind: NoticeKind): Promise<Recipient[]> {
  const first = (await Promise.all(answerable(duty).map(find))).flat();
  const second = kind === 'late' || first.length === 0 ? await find(duty.escalation.role) : [];
  return [...new Map([...first, ...second].map((p) => [p.id, p])).values()];
}

const notice = (
  { turn, kind }: Item,
  to: { readonly recipient: string | null; readonly mail: string | null; readonly skipped: string | null },
) => ({ occurrence_id: turn.id, kind, recipient: to.recipient, mail_id: to.mail, skipped: to.skipped });

/** One letter to one person about everything that has come up for them. It names nobody, and its subject no duty. */
function letterOf(deps: Deps, school: School): (recipient: string, address: string, items: readonly Item[]) => Letter {
  const day = new Intl.DateTimeFormat('en-GB', { dateStyle: 'full', timeZone: school.timeZone });
  const deadline = ({ turn: { due }, kind }: Item): string => {
    if (due === null) return 'To be done as soon as possible.';
    return kind === 'late' ? `Was due on ${day.format(due)}.` : `Due by ${day.format(due)}.`;
  };
  const say = (item: Item): string =>
    `${item.turn.terms.title}\n${deadline(item)}\n${deps.config.pagesUrl}/duties/${item.turn.terms.id}\n`;
  return (recipient, address, items) => {
    const gravest = NOTICES.findLast((kind) => items.some((i) => i.kind === kind)) ?? 'opened';
    return {
      school: school.id,
      recipient,
      address,
      subject: subjectOf(gravest, items.filter((i) => i.kind === gravest).length),
      body: [
        ...items.map(say),
        'Sign in and say what was done; that is its evidence. A due date cannot be moved.',
      ].join('\n'),
      about: { kind: 'duties', id: recipient },
    };
  };
}
