import { DAY } from '#core/clock.ts';
import { dayIn } from '#core/days.ts';
import { conflict, invalid } from '#core/errors.ts';
import { newId } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { names, type Person, personById } from '#rooms/identity/index.ts';
import { policyInForce, registerStates } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import type { CaseFacts } from '../case.facts.ts';
import type { CaseFile } from '../cases.store.ts';
import { promptReportExists } from '../telling/report.store.ts';
import { type ActionKind, kindOf, MARK_TASKS } from './actions.ts';
import { type Decision, decisionOf, fieldName, givenErrors } from './decision.ts';
import { type Menu, type MenuType, menuOf, secondBecause, type Who, whoOf, whyNotOnMenu } from './menu.rules.ts';
import { doerOf, mayGive, works } from './people.ts';
import { insertSanction, provenBefore, waitingSanction } from './sanctions.store.ts';
import { takeAway } from './taken-away.ts';
import { giveTask } from './tasks.service.ts';
import { dateWords, fill, startOf } from './words.ts';

/** A decision being taken in a case that its table let through. */
interface Taking {
  readonly deps: Deps;
  readonly tx: Tx;
  readonly viewer: Viewer;
  readonly file: CaseFile;
  readonly facts: CaseFacts;
}

/** What the policy in force offers for this person in this case, and how often it was proven before. */
export async function menuIn(tx: Tx, file: CaseFile, person: Person, timeZone: string, now: number) {
  const policy = await policyInForce(tx, now);
  const who = whoOf(person.kind);
  if (!policy || !who) return null;
  const repeats = await provenBefore(tx, person.id, file.id);
  const toldPromptly = await promptly(tx, file, person.id, timeZone);
  return { policy, who, repeats, menu: menuOf(policy.document.sanctions, who, { repeats, toldPromptly }) };
}

/** The hour of what happened is not known, only its day: whoever told on that day or on the next told promptly. */
async function promptly(tx: Tx, file: CaseFile, person: string, timeZone: string): Promise<boolean> {
  const category = file.category ?? 'pornography';
  const day = startOf(file.happened_on, timeZone);
  for (const since of [day, new Date(day.getTime() + DAY)])
    if (await promptReportExists(tx, { person, category, since })) return true;
  return false;
}

/**
 * What the step `sanction` brings about, in the step's own transaction: checked against the menu of the policy in force and
 * refused whole where something is not on it (SAN-05..24); kept; and each chosen action given to whoever does it. Where a
 * second senior has to say the same (SAN-02) it waits until they do.
 */
export async function carryOut(taking: Taking, detail: Readonly<Record<string, unknown>>, of: string) {
  const { tx, viewer, file, deps } = taking;
  const now = deps.clock.now();
  const person = await personById(tx, of);
  const found = person && (await menuIn(tx, file, person, viewer.school.timeZone, now));
  if (!person || !found)
    throw invalid('case.sanction.nobody', 'No sanction of this school is for this person.', {
      person: 'Choose a pupil, or somebody who works here.',
    });
  const { policy, who, menu } = found;
  const decision = decisionOf(detail, of);
  const type = check(menu, decision, dayIn(viewer.school.timeZone, now));
  const doers = await doersOf(taking, decision, person);
  const because = secondBecause(type, decision.actions);
  const waiting = await waitingSanction(tx, file.id, decision.decision);
  if (waiting) {
    await agree(taking, waiting.proposed_by, waiting.id);
    return begin(taking, { id: waiting.id, decision, type, who, person, doers });
  }
  const procedure = await procedureApplied(tx, now, menu.procedure, policy.document.documents);
  const id = newId(now);
  await insertSanction(tx, {
    id,
    school_id: viewer.school.id,
    case_id: file.id,
    person_id: of,
    who,
    type: type.id,
    type_name: type.name,
    actions: [...decision.actions],
    decision: decision.decision,
    policy_number: policy.number,
    procedure: JSON.stringify(procedure),
    second_because: because,
    proposed_by: viewer.person.id,
    proposed_at: new Date(now),
    decided_at: because ? null : new Date(now),
  });
  if (!because) await begin(taking, { id, decision, type, who, person, doers });
}

function check(menu: Menu, decision: Decision, today: string): MenuType {
  const wrong = whyNotOnMenu(menu, decision.type, decision.actions);
  if (wrong) throw invalid(`case.sanction.${wrong.code}`, wrong.text, { [wrong.field]: wrong.text });
  const lacking = givenErrors(decision, today);
  const [first] = Object.values(lacking);
  if (first) throw invalid('case.sanction.given', first, lacking);
  const type = menu.types.find((t) => t.id === decision.type);
  if (!type) throw new Error('a type on the menu is not there');
  return type;
}

/** SAN-02: the second who says the same is a senior, and another than the first. */
async function agree({ deps, tx, viewer, facts }: Taking, first: string, id: string): Promise<void> {
  if (first === viewer.person.id)
    throw conflict('case.sanction.second', 'You have decided this already. A second senior has to say the same.');
  if (!facts.parts.some((p) => p === 'senior' || p === 'lead' || p === 'deputy' || p === 'head'))
    throw invalid('case.sanction.senior', 'The second who decides this must be a senior of the team.');
  await tx
    .updateTable('sanction')
    .set({ agreed_by: viewer.person.id, decided_at: new Date(deps.clock.now()) })
    .where('id', '=', id)
    .execute();
}

/** SAN-04: the document, and which version of it the school has on record. */
async function procedureApplied(
  tx: Tx,
  now: number,
  id: string,
  documents: readonly { readonly id: string; readonly title: string }[],
) {
  const held = (await registerStates(tx, now)).find((r) => r.id === id)?.held;
  return { id, title: documents.find((d) => d.id === id)?.title ?? id, version: held?.edition ?? null };
}

/** Whom each action goes to: named in the decision, or known by their duty. Nobody from whom the case is kept. */
async function doersOf({ tx, file }: Taking, decision: Decision, person: Person): Promise<ReadonlyMap<string, string>> {
  const kept = [...file.subjects, ...file.conflicted];
  const wrong: Record<string, string> = {};
  const doers = new Map<string, string>();
  for (const action of decision.actions) {
    const kind = kindOf(action);
    const { person: named, authoriser } = decision.given[action] ?? {};
    const field = kind.to === 'authoriser' ? 'authoriser' : 'person';
    const chosen = authoriser ?? named;
    const right = kind.to === 'authoriser' ? (await mayGive(tx)).some((h) => h.id === chosen) : true;
    if (chosen && (kept.includes(chosen) || !right || !(await works(tx, chosen)))) {
      wrong[fieldName(action, field)] =
        kind.to === 'authoriser'
          ? 'Only the head, or who stands in for the head, gives this; and nobody whom the case is about.'
          : 'Choose somebody who works here and whom the case is not about.';
      continue;
    }
    const doer = chosen ?? (await doerOf(tx, kind.to, person, file.manager ?? '', kept));
    if (doer) doers.set(action, doer);
    else
      wrong[kind.fields.some((f) => f.name === 'person') ? fieldName(action, 'person') : 'actions'] =
        'Nobody is known whom this could go to. Name somebody, or have the role given first.';
  }
  const [first] = Object.values(wrong);
  if (first) throw invalid('case.sanction.doer', first, wrong);
  return doers;
}

interface Begun {
  readonly id: string;
  readonly decision: Decision;
  readonly type: MenuType;
  readonly who: Who;
  readonly person: Person;
  readonly doers: ReadonlyMap<string, string>;
}

/** It holds: each action becomes a task, and so does what the type brings with it. */
async function begin(taking: Taking, begun: Begun): Promise<void> {
  const { deps, tx, viewer, file } = taking;
  const { id, decision, type, person, doers } = begun;
  const now = deps.clock.now();
  const give = async (
    kind: string,
    what: Pick<ActionKind, 'text' | 'days' | 'href'>,
    to: string,
    given: Given = {},
  ) => {
    const victims = [...(await names(tx, file.affected)).values()].join(', ');
    const text = fill(what.text, {
      name: person.displayName,
      more: given.text ?? '',
      what:
        kindOf(kind)
          .fields.flatMap((f) => f.options ?? [])
          .find((o) => o.value === given.what)?.text ?? '',
      dates: dateWords(given.from, given.until),
      victims: victims ? ` (${victims})` : '',
    });
    const { text: _, person: __, authoriser: ___, ...detail } = given;
    const due = new Date(now + what.days * DAY);
    await giveTask(deps, tx, viewer, { caseId: file.id, sanction: id, kind, text, href: what.href, detail, to, due });
  };
  for (const action of decision.actions) {
    const given = decision.given[action] ?? {};
    if (action === 'remove-access') await closeAccess(taking, begun, given);
    else await give(action, kindOf(action), doers.get(action) ?? '', given);
    if (action === 'warning') await warn(taking, begun, given.text ?? '');
  }
  for (const mark of type.marks) {
    const task = MARK_TASKS[mark];
    const kept = [...file.subjects, ...file.conflicted];
    if (task)
      await give(mark, task, (await doerOf(tx, task.to, person, file.manager ?? '', kept)) ?? file.manager ?? '');
  }
}
type Given = Readonly<Record<string, string>>;

/** SAN-31: a task that runs by itself. It stands in the case until its end, and is lifted there. */
async function closeAccess(taking: Taking, { id, person }: Begun, given: Given): Promise<void> {
  const { deps, tx, viewer, file } = taking;
  const { timeZone } = viewer.school;
  const now = deps.clock.now();
  const later = given.from !== undefined && given.from > dayIn(timeZone, now);
  const until = startOf(given.until ?? '', timeZone);
  const taken = await takeAway(deps, tx, viewer, file.id, {
    person: person.id,
    level: given.level === 'network' ? 'network' : 'internet',
    from: (later ? startOf(given.from ?? '', timeZone) : new Date(now)).toISOString(),
    until: until.toISOString(),
    keeps: (given.text ?? '').split(/[\s,]+/).join(' '),
  });
  await giveTask(deps, tx, viewer, {
    caseId: file.id,
    sanction: id,
    kind: 'remove-access',
    text: `${taken.level === 'network' ? 'The network' : 'The internet'} is closed to ${person.displayName}, ${dateWords(later ? given.from : undefined, given.until)}. It opens again by itself.`,
    detail: { ...taken },
    to: file.manager ?? viewer.person.id,
    due: until,
    state: 'running',
  });
}

/** SAN-32: on the person's own page; where they have an address they are told that something is there to read. */
async function warn({ deps, tx, viewer }: Taking, { id, person }: Begun, text: string): Promise<void> {
  await tx
    .insertInto('sanction_warning')
    .values({
      sanction_id: id,
      school_id: viewer.school.id,
      person_id: person.id,
      text,
      given_at: new Date(deps.clock.now()),
    })
    .execute();
  if (!person.email) return;
  await post(tx, {
    school: viewer.school.id,
    recipient: person.id,
    address: person.email,
    subject: 'Something waits for you to read',
    body: `Something waits for you in Gatehouse.\n\nRead it here after signing in:\n${deps.config.pagesUrl}/me/warnings\n`,
    about: { kind: 'warning', id },
  });
}
