import { dayIn, isDay } from '#core/days.ts';
import { forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid, newId } from '#core/ids.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { childrenOf } from '#rooms/identity/index.ts';
import { pupilGroups } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { type Child, contactsOf, forChild, type Lesson, lessonsOf } from './lessons.store.ts';

/** Who may take away what a colleague wrote. */
const KEEPERS = ['dsl', 'centre-lead', 'head', 'ict-manager'];
const LONGEST = { organisation: 120, role: 120, how: 300 } as const;

/**
 * PAR-08: what each of a parent's own children is asked to do online. Whose children they are is asked in the parent's own
 * context; lessons are staff's to read, so they are read as the system and narrowed to those children.
 */
export async function childrenPage(deps: Deps, viewer: Viewer) {
  const children = await deps.db.in(contextOf(viewer), (tx) => childrenOf(tx, viewer.person.id));
  if (children.length === 0) return [];
  return deps.db.in(systemContext(viewer.school.id), async (tx) => {
    const now = deps.clock.now();
    const lessons = await lessonsOf(tx, now);
    const contacts = await contactsOf(tx, viewer.school.timeZone, now);
    const pages: (Child & Awaited<ReturnType<typeof forChild>>)[] = [];
    for (const child of children) pages.push({ ...child, ...(await forChild(tx, child, lessons, contacts, now)) });
    return pages;
  });
}

const YEAR = (year: string | number) => (Number(year) === 0 ? 'Reception' : `Year ${year}`);
export const scopeName = (kind: string, value: string | null): string =>
  kind === 'year' ? YEAR(value ?? '') : kind === 'people' ? 'named pupils' : (value ?? '');

/** What staff see: every class's lessons and outside people, and the choices of the form. */
export function lessonsPage(deps: Deps, viewer: Viewer, q: string) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const lessons = await lessonsOf(tx, now);
    const contacts = await contactsOf(tx, viewer.school.timeZone, now);
    const { years, groups } = await pupilGroups(tx);
    const wanted = q.trim().toLowerCase();
    const fits = (texts: readonly string[]) => texts.join('\n').toLowerCase().includes(wanted);
    return {
      q,
      any: lessons.length + contacts.length > 0,
      today: dayIn(viewer.school.timeZone, now),
      lessons: lessons
        .map((l) => ({ ...l, whom: scopeName(l.scope.kind, l.scope.value) }))
        .filter((l) => fits([l.topic, l.whom, l.by, ...l.sites.map((s) => s.host)])),
      contacts: contacts
        .map((c) => ({ ...c, whom: scopeName(c.kind, c.value), mine: mayEnd(viewer, c.addedBy) }))
        .filter((c) => fits([c.organisation, c.role, c.how, c.whom, c.by])),
      choices: [
        { value: '', text: 'Choose' },
        ...lessons
          .filter((l) => isClass(l) && l.until.getTime() > now)
          .map((l) => ({
            value: `list:${l.reference}`,
            text: `${l.topic || 'Lesson'}, ${scopeName(l.scope.kind, l.scope.value)}, ${dayIn(viewer.school.timeZone, l.from)}`,
          })),
        ...groups.map((g) => ({ value: `class:${g}`, text: g })),
        ...years.map((y) => ({ value: `year:${y}`, text: YEAR(y) })),
      ],
    };
  });
}

const isClass = (l: Lesson): boolean => l.scope.kind === 'class' || l.scope.kind === 'year';
const mayEnd = (viewer: Viewer, addedBy: string): boolean =>
  addedBy === viewer.person.id || hasDuty(viewer, ...KEEPERS);

export interface ContactInput {
  /** `list:K7PQ2M`, `class:8B` or `year:8`. */
  readonly whom: string;
  readonly organisation: string;
  readonly role: string;
  readonly how: string;
  readonly from: string;
  readonly until: string;
}

/** A teacher writes down whom a class meets: who they are, not what they are called. */
export function addContact(deps: Deps, viewer: Viewer, input: ContactInput): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { timeZone } = viewer.school;
    const now = deps.clock.now();
    const cut = input.whom.indexOf(':');
    const [kind, value] = [input.whom.slice(0, cut), input.whom.slice(cut + 1)];
    const list =
      kind === 'list' ? (await lessonsOf(tx, now)).find((l) => l.reference === value && isClass(l)) : undefined;
    const { years, groups } = await pupilGroups(tx);
    const known =
      (kind === 'class' && groups.includes(value)) || (kind === 'year' && years.map(String).includes(value));
    const from = input.from || (list ? dayIn(timeZone, list.from) : '');
    const until = input.until || (list ? dayIn(timeZone, list.until) : '');
    const texts = { organisation: input.organisation.trim(), role: input.role.trim(), how: input.how.trim() };
    const fields = {
      ...(!list && !known && { whom: 'Choose the lesson or the class.' }),
      ...(texts.organisation.length < 2 && { organisation: 'Enter the organisation they come from.' }),
      ...(texts.role.length < 2 && { role: 'Enter what they are there, such as “author” or “careers adviser”.' }),
      ...(texts.how.length < 2 && { how: 'Say how the class meets them, such as “video call in the lesson”.' }),
      ...tooLong(texts),
      ...(!isDay(from) && { from: 'Enter the first day.' }),
      ...(!isDay(until)
        ? { until: 'Enter the last day.' }
        : isDay(from) && until < from && { until: 'It ends after it begins.' }),
    };
    if (Object.keys(fields).length > 0) throw invalid('lessons.contact', 'This was not kept yet.', fields);
    const id = newId(now);
    const scope = list ? list.scope : { kind, value };
    const change = list
      ? await tx.selectFrom('filter_change').select('id').where('reference', '=', list.reference).executeTakeFirst()
      : undefined;
    await tx
      .insertInto('lesson_contact')
      .values({
        id,
        school_id: viewer.school.id,
        scope_kind: scope.kind === 'year' ? 'year' : 'class',
        scope_value: scope.value ?? '',
        change_id: change?.id ?? null,
        ...texts,
        from_on: from,
        until_on: until,
        added_by: viewer.person.id,
        added_at: new Date(now),
      })
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'lesson-contact.add',
      object: { kind: 'lesson_contact', id },
      detail: { scope: input.whom, from, until },
      text: texts,
      at: now,
    });
  });
}

const tooLong = (texts: Readonly<Record<keyof typeof LONGEST, string>>): Record<string, string> =>
  Object.fromEntries(
    (Object.keys(LONGEST) as (keyof typeof LONGEST)[]).flatMap((name) =>
      texts[name].length > LONGEST[name] ? [[name, `Use at most ${LONGEST[name]} letters.`]] : [],
    ),
  );

/** It does not take place, or was written down wrongly: parents read it no longer. */
export function endContact(deps: Deps, viewer: Viewer, id: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const contact = isUuid(id)
      ? (await contactsOf(tx, viewer.school.timeZone, now)).find((c) => c.id === id)
      : undefined;
    if (!contact) throw notFound('this entry');
    if (!mayEnd(viewer, contact.addedBy))
      throw forbidden('lessons.not-yours', 'A colleague wrote this down. Ask them to take it away.');
    await tx
      .updateTable('lesson_contact')
      .set({ ended_by: viewer.person.id, ended_at: new Date(now) })
      .where('id', '=', id)
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'lesson-contact.end',
      object: { kind: 'lesson_contact', id },
      at: now,
    });
  });
}
