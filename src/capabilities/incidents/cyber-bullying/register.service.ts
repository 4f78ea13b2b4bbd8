import { dayIn, isDay } from '#core/days.ts';
import { forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid, newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { BullyingSetting, BullyingTopic } from '#platform/tables/closing.ts';
import { occurrences } from '#policy/calendar.ts';
import { SAFEGUARDING_ROLES } from '#policy/types.ts';
import { names, schoolCalendar } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { bySubject, type Group, groupMet, SETTINGS, TOPIC_IDS, TOPICS, tutorSpoke, yearMet } from './coverage.ts';

const YEARS_BACK = 3 * 365 * 86_400_000;

interface SchoolYear {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

async function schoolYears(tx: Tx, now: number): Promise<SchoolYear[]> {
  const calendar = await schoolCalendar(tx);
  const day = (at: number) => dayIn(calendar.timeZone, at);
  return occurrences({ every: 'academic-year' }, calendar, now - YEARS_BACK, now)
    .map((o) => ({ name: o.key, from: day(o.opens), to: day(o.due) }))
    .reverse();
}

async function groupsOf(tx: Tx): Promise<Group[]> {
  const rows = await tx
    .selectFrom('person')
    .select(['group_name as group', 'year_group as year'])
    .distinct()
    .where('kind', '=', 'pupil')
    .where('left_on', 'is', null)
    .where('group_name', 'is not', null)
    .execute();
  const groups = new Map<string, number[]>();
  for (const { group, year } of rows) {
    if (group === null) continue;
    groups.set(group, [...(groups.get(group) ?? []), ...(year === null ? [] : [year])]);
  }
  return [...groups]
    .map(([group, years]) => ({ group, years }))
    .sort((a, b) => a.group.localeCompare(b.group, 'en', { numeric: true }));
}

async function yearsOf(tx: Tx): Promise<number[]> {
  const rows = await tx
    .selectFrom('person')
    .select('year_group as year')
    .distinct()
    .where('kind', '=', 'pupil')
    .where('left_on', 'is', null)
    .where('year_group', 'is not', null)
    .execute();
  return rows.flatMap((r) => r.year ?? []).sort((a, b) => a - b);
}

const taughtIn = (tx: Tx, { from, to }: SchoolYear) =>
  tx
    .selectFrom('bullying_lesson')
    .select(['id', 'topics', 'setting', 'year_group as year', 'group_name as group', 'subject', 'on_day as on'])
    .select('by_person as by')
    .where('ended_at', 'is', null)
    .where('on_day', '>=', from)
    .where('on_day', '<=', to)
    .orderBy('on_day', 'desc')
    .orderBy('id', 'desc')
    .execute();

export interface RegisterQuery {
  readonly q?: string | undefined;
  readonly year?: string | undefined;
}

/** Years by topics, groups by topics, subjects, and every entry of one school year. */
export function registerPage(deps: Deps, viewer: Viewer, query: RegisterQuery) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const all = await schoolYears(tx, now);
    const year = all.find((y) => y.name === query.year) ?? all[0];
    if (!year) throw notFound('a school year');
    const [taught, groups, years] = [await taughtIn(tx, year), await groupsOf(tx), await yearsOf(tx)];
    const who = await names(tx, [...new Set(taught.map((t) => t.by))]);
    const words = (query.q ?? '').trim().toLowerCase();
    return {
      query,
      year,
      schoolYears: all.map((y) => ({ value: y.name, text: y.name })),
      topics: TOPIC_IDS.map((value) => ({ value, text: TOPICS[value] })),
      settings: Object.entries(SETTINGS).map(([value, text]) => ({ value, text })),
      years: years.map((y) => ({ year: y, topics: TOPIC_IDS.map((t) => yearMet(taught, y, groups, t)) })),
      groups: groups.map((g) => ({
        name: g.group,
        tutor: tutorSpoke(taught, g),
        topics: TOPIC_IDS.map((t) => groupMet(taught, g, t)),
      })),
      subjects: bySubject(taught),
      entries: taught
        .map((t) => ({
          ...t,
          by: who.get(t.by) ?? 'somebody who has left',
          whom: t.group ?? `Year ${t.year}`,
          where: t.subject ?? SETTINGS[t.setting],
          said: t.topics.map((topic) => TOPICS[topic]).join('; '),
          mine: t.by === viewer.person.id || hasDuty(viewer, ...SAFEGUARDING_ROLES),
        }))
        .filter((t) => [t.by, t.whom, t.where, t.said].join('\n').toLowerCase().includes(words)),
      mayAdd: hasDuty(viewer, 'staff'),
      today: dayIn(viewer.school.timeZone, now),
    };
  });
}

export interface TaughtInput {
  readonly topics: readonly string[];
  readonly setting: string;
  readonly year: string;
  readonly group: string;
  readonly subject: string;
  readonly on: string;
}

/** Somebody who works here says what they taught, to whom and when. */
export function addTaught(deps: Deps, viewer: Viewer, input: TaughtInput): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const setting = Object.hasOwn(SETTINGS, input.setting) ? (input.setting as BullyingSetting) : null;
    const topics = TOPIC_IDS.filter((t) => input.topics.includes(t)) as BullyingTopic[];
    const [groups, years] = [await groupsOf(tx), await yearsOf(tx)];
    const subject = input.subject.trim();
    const fields = {
      ...(topics.length === 0 && { topics: 'Choose at least one topic.' }),
      ...(!setting && { setting: 'Choose where.' }),
      ...(setting === 'year' && !years.map(String).includes(input.year) && { year: 'Choose the year.' }),
      ...(setting &&
        setting !== 'year' &&
        !groups.some((g) => g.group === input.group) && { group: 'Choose the group.' }),
      ...(setting === 'lesson' && (subject.length < 2 || subject.length > 80) && { subject: 'Enter the subject.' }),
      ...((!isDay(input.on) || input.on > dayIn(viewer.school.timeZone, now)) && {
        on: 'Enter the day on which it took place.',
      }),
    };
    if (!setting || Object.keys(fields).length > 0)
      throw invalid('bullying-lesson', 'Some of this needs another look.', fields);
    const id = newId(now);
    await tx
      .insertInto('bullying_lesson')
      .values({
        id,
        school_id: viewer.school.id,
        topics,
        setting,
        year_group: setting === 'year' ? Number(input.year) : null,
        group_name: setting === 'year' ? null : input.group,
        subject: setting === 'lesson' ? subject : null,
        on_day: input.on,
        by_person: viewer.person.id,
        at: new Date(now),
      })
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'bullying-lesson.add',
      object: { kind: 'bullying_lesson', id },
      detail: { topics, setting, on: input.on },
      at: now,
    });
  });
}

/** It was written down wrongly: it counts no longer, and stays in the record. */
export function takeBack(deps: Deps, viewer: Viewer, id: string): Promise<void> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const row = isUuid(id)
      ? await tx
          .selectFrom('bullying_lesson')
          .select(['id', 'by_person'])
          .where('id', '=', id)
          .where('ended_at', 'is', null)
          .executeTakeFirst()
      : undefined;
    if (!row) throw notFound('this entry');
    if (row.by_person !== viewer.person.id && !hasDuty(viewer, ...SAFEGUARDING_ROLES))
      throw forbidden('bullying-lesson.not-yours', 'A colleague wrote this down. Ask them to take it back.');
    const now = deps.clock.now();
    await tx
      .updateTable('bullying_lesson')
      .set({ ended_by: viewer.person.id, ended_at: new Date(now) })
      .where('id', '=', id)
      .execute();
    await record(tx, {
      school: viewer.school.id,
      actor: viewer.person.id,
      action: 'bullying-lesson.take-back',
      object: { kind: 'bullying_lesson', id },
      at: now,
    });
  });
}
