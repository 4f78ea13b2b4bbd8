import type { Tx } from '#platform/db.ts';
import type { PolicyDocument } from '#policy/types.ts';
import { names } from '#rooms/identity/index.ts';
import type { Viewer } from '#web/index.ts';
import { visitsOfCase } from '../access/index.ts';
import { isOutcome, OUTCOMES } from '../case.facts.ts';
import { typesOf } from '../case.types.ts';
import { type CaseEntry, type CaseFile, entriesOf } from '../cases.store.ts';
import { entryWords } from '../cases.words.ts';
import { eventsOf, holdsOf, itemsOf, KIND_WORDS, stateOf } from '../evidence/index.ts';
import type { FormEntry, FormFacts } from './form.document.ts';

interface Making {
  readonly number: number;
  readonly at: Date;
  readonly rules: FormFacts['policy'];
  /** Null where no policy is in force. */
  readonly types: Pick<PolicyDocument, 'sanctions'> | null;
}

/** Read everything that the form says, as whoever closes the case sees it. */
export async function readForm(tx: Tx, viewer: Viewer, file: CaseFile, making: Making): Promise<FormFacts> {
  const entries = await entriesOf(tx, file.id);
  const told = entries.flatMap((e) => [e.by_person, e.detail.person]).filter((id) => typeof id === 'string');
  const sanctions = await sanctionsIn(tx, file.id);
  const who = await names(tx, [
    ...new Set([
      ...told,
      ...file.subjects,
      ...file.affected,
      ...file.team,
      ...file.conflicted,
      ...[file.manager, file.opened_by].filter((id) => id !== null),
      ...sanctions.map((s) => s.person_id),
    ]),
  ]);
  const called = (ids: readonly string[]) => ids.map((id) => who.get(id) ?? 'somebody who has left').join(', ');
  const types = new Map(making.types ? typesOf(making.types).map((t) => [t.id, t.name]) : []);
  const { timeZone } = viewer.school;
  const time = (at: Date) =>
    new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(at);
  const stopped = file.imagery;

  return {
    school: viewer.school.name,
    reference: file.reference,
    title: file.title,
    number: making.number,
    closedAt: time(making.at),
    about: [
      ['What it is', file.types.map((t) => types.get(t) ?? t).join(', ') || 'Not classified'],
      ['How fast it had to be dealt with', file.severity],
      ['Happened on', file.happened_on],
      ['Reported', time(file.opened_at)],
      ['First action', file.first_action_at ? time(file.first_action_at) : 'none was recorded'],
      ['Outcome', isOutcome(file.outcome ?? undefined) ? OUTCOMES[file.outcome as keyof typeof OUTCOMES] : ''],
    ],
    people: [
      ['About', called(file.subjects) || 'nobody known'],
      ['Hurt or affected', called(file.affected) || 'nobody named'],
      ['Saw it', file.witnesses.length > 0 ? `${file.witnesses.length}, whose names are shielded` : 'nobody named'],
      ['Reported by', file.opened_by ? called([file.opened_by]) : 'Gatehouse'],
      ['Had the case', file.manager ? called([file.manager]) : 'nobody'],
      ['Team', called(file.team.filter((id) => id !== file.manager)) || 'nobody else'],
      ...(file.conflicted.length > 0 ? [['Declared an interest and left', called(file.conflicted)] as const] : []),
    ],
    policy: making.rules,
    sanctions: sanctions.map((s) => [
      called([s.person_id]),
      s.type_name,
      `${s.actions.join(', ')}${s.overturned_at ? ' (overturned)' : ''}`,
      `${s.procedure.title}, ${s.procedure.version ?? 'no version recorded'}; policy version ${s.policy_number}`,
      s.decided_at ? time(s.decided_at) : 'not decided',
    ]),
    evidence: await evidenceIn(tx, file.id, stopped),
    visits: (await visitsOfCase(tx, file.id)).rows.length,
    entries: entries.map(
      (e): FormEntry => ({
        action: e.action,
        at: time(e.at),
        by: e.by_person ? (who.get(e.by_person) ?? 'Somebody who has left') : 'Gatehouse',
        ...(stopped && e.action === 'finding'
          ? { line: 'A finding; its address stands in the case', text: e.text }
          : entryWords(e, who, types, true)),
      }),
    ),
    signed: signedBy(entries).map((e) => [called(e.by_person ? [e.by_person] : []), time(e.at)]),
    stopped,
  };
}

/** Whose word closed it: everybody who signed, or judged alike, since the case last stood elsewhere. */
function signedBy(entries: readonly CaseEntry[]): readonly CaseEntry[] {
  const last = entries.findLast((e) => e.to_state === 'closed' && e.from_state !== 'closed');
  const since = entries.findLastIndex((e) => e.from_state !== e.to_state && e !== last);
  const signing = entries.slice(since + 1).filter((e) => e.action === last?.action);
  return [...new Map(signing.map((e) => [e.by_person, e])).values()];
}

const sanctionsIn = (tx: Tx, caseId: string) =>
  tx.selectFrom('sanction').selectAll().where('case_id', '=', caseId).orderBy('proposed_at').execute();

/** Every item with its hash, and what has become of it. Of a stopped case things are not described. */
async function evidenceIn(tx: Tx, caseId: string, stopped: boolean): Promise<string[][]> {
  const items = await itemsOf(tx, caseId);
  if (items.length === 0) return [];
  const events = await eventsOf(tx, caseId);
  const holds = await holdsOf(tx, caseId);
  return items.map((i) => [
    `E${i.number}`,
    KIND_WORDS[i.kind],
    stopped ? '' : i.description,
    i.size ?? '',
    i.sha256?.toString('hex') ?? '',
    stateOf(i, events, holds),
  ]);
}
