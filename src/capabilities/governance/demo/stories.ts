import { Readable } from 'node:stream';
import { HOUR, MINUTE } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { keepFile, keepThing, logCase, openFromAlert, takeStep } from '#rooms/incidents/index.ts';
import { acknowledge, close, openAlerts, raise } from '#rooms/monitoring/index.ts';
import type { Viewer } from '#web/index.ts';
import { BETWEEN_TRIES, type Episode, onSchoolDay } from './activity.ts';
import { CONCERNS } from './concerns.ts';
import { cast, type DemoPeople, type DemoPerson } from './people.ts';
import { type CaseStep, type Kept, PLOTS, QUESTIONS, type Sequel } from './plots.ts';

export function episodes(
  people: readonly DemoPerson[],
  now: number,
  timeZone: string,
): (Episode & { sequel: Sequel })[] {
  return PLOTS.map(({ when, who, ...plot }) => {
    const kin = people.filter((p) => ('year' in who ? p.yearGroup === who.year : p.kind === 'staff'));
    const person = kin['year' in who ? who.n : who.staff];
    if (!person) throw new Error('the roll is too short for the plots');
    const at =
      'back' in when
        ? onSchoolDay(now, when.back, minutes(when.at), timeZone)
        : now - when.minutesAgo * MINUTE - 6 * BETWEEN_TRIES;
    return { ...plot, person, at };
  });
}

const minutes = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** A past moment: commands run as they would have run then. */
export const depsAt = (deps: Deps, at: number): Deps => ({ ...deps, clock: { now: () => at } });

export async function tellStories(
  deps: Deps,
  people: DemoPeople,
  told: readonly (Episode & { sequel: Sequel })[],
): Promise<void> {
  const { viewers, all } = people;
  const dsl = cast(viewers, 'dsl');
  const now = deps.clock.now();
  const alerts = await deps.db.in(systemContext(dsl.school.id), (tx) => openAlerts(tx, 500));
  for (const e of told) {
    const alert = alerts.find((a) => a.subject === e.person.id && a.category === e.category);
    if (!alert) throw new Error(`no alert was raised for the plot about ${e.category}`);
    const at = (after: number) => depsAt(deps, Math.min(now, alert.raised_at.getTime() + after * MINUTE));
    if (e.sequel.acknowledge) await acknowledge(at(e.sequel.acknowledge), dsl, alert.id);
    if (e.sequel.close) await close(at((e.sequel.acknowledge ?? 0) + 30), dsl, alert.id, e.sequel.close);
    if (e.sequel.case) {
      const { reference } = await openFromAlert(at((e.sequel.acknowledge ?? 0) + 3), dsl, alert.id);
      await play(deps, viewers, reference, e.sequel.case, (after) => at((e.sequel.acknowledge ?? 0) + 3 + after));
    }
  }
  await reports(deps, dsl, all, now);
  await logged(deps, people, now);
}

async function play(
  deps: Deps,
  viewers: DemoPeople['viewers'],
  reference: string,
  steps: readonly (CaseStep | Kept)[],
  at: (after: number) => Deps,
): Promise<void> {
  for (const { after, by = 'dsl', ...next } of steps) {
    if (at(after).clock.now() >= deps.clock.now()) return;
    const viewer = cast(viewers, by);
    if ('keep' in next) await keep(at(after), viewer, reference, next.keep);
    else {
      const { person, ...step } = next;
      await takeStep(at(after), viewer, reference, { ...step, person: person && cast(viewers, person).person.id });
    }
  }
}

/** Without an outside body’s key the vault takes in no file, in a demonstration as anywhere. */
async function keep(deps: Deps, viewer: Viewer, reference: string, kept: Kept['keep']): Promise<void> {
  if ('file' in kept) {
    if (deps.config.evidence.escrow === null) return;
    const source = Readable.from([Buffer.from(kept.text)]);
    const { file: name, description } = kept;
    await keepFile(deps, viewer, reference, { name, description, mayShowChild: 'no', source });
    return;
  }
  const { device: description, serial, from, place } = kept;
  const custody = { act: 'taken', at: null, from, to: '', place, seal: '', forceReference: '', note: '' } as const;
  await keepThing(deps, viewer, reference, { kind: serial ? 'device' : 'paper', description, serial, custody });
}

/** Somebody told the school something: one is closed, one waits. */
async function reports(deps: Deps, dsl: Viewer, all: readonly DemoPerson[], now: number): Promise<void> {
  const school = dsl.school.id;
  const tell = (at: number, subject: DemoPerson | undefined, text: string) =>
    deps.db.in(systemContext(school), (tx) =>
      raise(tx, depsAt(deps, at), {
        school,
        subject: subject?.id ?? null,
        detector: 'told',
        category: null,
        urgency: 'soon',
        clause: null,
        lines: [{ at: new Date(at).toISOString(), host: '', category: null, outcome: 'told', via: 'page', text }],
        openKey: null,
      }),
    );
  const first = onSchoolDay(now, 6, 16 * 60, dsl.school.timeZone);
  const { id } = await tell(
    first,
    undefined,
    'Some people in my group chat are sharing pictures of a teacher with rude words on them.',
  );
  await acknowledge(depsAt(deps, first + HOUR), dsl, id);
  await close(
    depsAt(deps, first + 5 * HOUR),
    dsl,
    id,
    'Pictures are gone; the tutor spoke with the group. Nobody else was in them.',
  );
  await tell(
    now - 2 * HOUR,
    all.find((p) => p.yearGroup === 8),
    'My friend does not eat at lunch any more and hides it. I am worried.',
  );
}

/** What staff logged, each with what became of it. */
async function logged(deps: Deps, { viewers, all }: DemoPeople, now: number): Promise<void> {
  const zone = cast(viewers, 'dsl').school.timeZone;
  for (const { by, back, at: minute, about, steps, ...concern } of CONCERNS) {
    const at = onSchoolDay(now, back, minute, zone);
    const who = about && ('part' in about ? cast(viewers, about.part).person : pupilOf(all, about));
    const { reference } = await logCase(depsAt(deps, at), cast(viewers, by), {
      ...concern,
      people: who ? [who.id] : [],
      urgency: 'soon',
      happenedOn: dayIn(zone, at),
    });
    await play(deps, viewers, reference, steps, (after) => depsAt(deps, Math.min(now, at + after * MINUTE)));
  }
}

function pupilOf(all: readonly DemoPerson[], { year, n }: { year: number; n: number }): DemoPerson {
  const pupil = all.filter((p) => p.yearGroup === year)[n];
  if (!pupil) throw new Error('the roll is too short for the concerns');
  return pupil;
}

/** Questions about sites, and look-ups with their reasons (MON-11). */
export async function seedAskings(deps: Deps, { viewers, all }: DemoPeople): Promise<void> {
  const dsl = cast(viewers, 'dsl');
  const school = dsl.school.id;
  const now = deps.clock.now();
  const pupils = all.filter((p) => p.kind === 'pupil');
  await deps.db.in(systemContext(school), async (tx) => {
    for (const [i, q] of QUESTIONS.entries()) {
      const at = new Date(now - q.hoursAgo * HOUR);
      await tx
        .insertInto('site_question')
        .values({
          school_id: school,
          asked_by: q.teacher ? cast(viewers, 'teacher').person.id : (pupils[i * 53]?.id ?? null),
          asked_at: at,
          host: `${q.host}.example`,
          reason: q.reason,
          because: JSON.stringify({
            rule: 'profile',
            category: q.category,
            text: 'This kind of site is not open here.',
          }),
          ...(q.answer && {
            answered_by: cast(viewers, 'approver').person.id,
            answered_at: new Date(at.getTime() + 3 * HOUR),
            answer: q.answer,
          }),
        })
        .execute();
    }
    for (const [i, hours] of [190, 118, 49].entries()) {
      const at = now - hours * HOUR;
      const about = pupils[i * 97 + 5]?.id;
      if (!about) continue;
      await tx
        .insertInto('look_up')
        .values({
          school_id: school,
          by_person: dsl.person.id,
          about_person: about,
          reason: 'Tutor asked whether homework sites can be reached at home.',
          alert_id: null,
          at: new Date(at),
          ends_at: new Date(at + 30 * MINUTE),
        })
        .execute();
      await record(tx, {
        school,
        actor: dsl.person.id,
        action: 'activity.look-up',
        object: { kind: 'person', id: about },
        at,
      });
    }
  });
}
