import { forbidden } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import { holders, names } from '#rooms/identity/index.ts';
import { taxonomy } from '#rooms/policies/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { OVERSEERS } from './filtering.duties.ts';
import {
  FIELD_WORDS,
  KIND_WORDS,
  type SourceState,
  STATE_WORDS,
  STEP_WORDS,
  type Words,
} from './list-changes.rules.ts';
import { actorsOf, approverRole } from './list-changes.service.ts';
import { type ChangePart, type ListChange, listChanges } from './list-changes.store.ts';
import { type ListChangeAction, listChangeWorkflow } from './list-changes.workflow.ts';

const SHOWN = 100;

/** What this viewer may do with a change now; their own is decided by another hand. */
function offeredTo(viewer: Viewer, approver: string, change: ListChange): ListChangeAction[] {
  const mine = change.requester === viewer.person.id;
  return listChangeWorkflow
    .offered(change.state, actorsOf(contextOf(viewer), approver, change.requester))
    .filter((action) => (action === 'withdraw') === mine);
}

/** Who may agree to what opens. Fewer than two, and whoever of them asks for something waits for ever (FIL-04). */
async function approversOf(tx: Tx, approver: string) {
  const people = [...new Map((await holders(tx, approver)).map((p) => [p.id, p])).values()];
  return { role: approver, people, tooFew: people.length < 2 };
}

/** The same, by the policy in force. */
export const approversNow = async (tx: Tx, now: number) => approversOf(tx, await approverRole(tx, now));

async function linesOf(tx: Tx, viewer: Viewer, now: number, changes: readonly ListChange[]) {
  const approver = await approverRole(tx, now);
  const who = await names(tx, [...new Set(changes.flatMap((c) => c.steps.map((s) => s.by)))]);
  return changes.map((c) => ({
    ...c,
    tag: STATE_WORDS[c.state],
    kindName: KIND_WORDS[c.kind],
    by: who.get(c.requester) ?? '',
    parts: saidParts(c.before, c.after),
    offered: offeredTo(viewer, approver, c),
    steps: c.steps.map((s) => ({ ...s, words: STEP_WORDS[s.action as ListChangeAction], who: who.get(s.by) ?? '' })),
  }));
}

/** What is different, thing by thing, as it was and as it is to be. */
function saidParts(before: ChangePart, after: ChangePart): { what: string; was: string; is: string }[] {
  if ('version' in after) return [];
  const keys = Object.keys(after) as (keyof SourceState)[];
  return keys
    .filter((key) => key !== 'retired')
    .map((key) => ({
      what: FIELD_WORDS[key],
      was: said((before as SourceState)[key]),
      is: said((after as SourceState)[key]),
    }));
}

function said(value: SourceState[keyof SourceState]): string {
  if (value === null) return 'nothing set';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.join(', ') || 'none';
  if (typeof value !== 'object') return typeof value === 'number' ? value.toLocaleString('en-GB') : value;
  const name = (id: string | null) => (id === null ? 'left out' : (taxonomy().byId.get(id)?.name ?? id));
  const words = Object.entries(value as Words).map(([word, id]) => `${word}: ${name(id)}`);
  return words.join(', ') || 'as they are known';
}

/** FCR-09: every change of the lists, so that none is a private matter; what waits for this viewer stands first. */
export async function listChangesPage(tx: Tx, viewer: Viewer, now: number, q = '') {
  const approver = await approverRole(tx, now);
  if (!hasDuty(viewer, ...OVERSEERS, approver))
    throw forbidden('list-change.see', 'This is for those who oversee the filter.');
  const lines = await linesOf(tx, viewer, now, await listChanges(tx));
  const wanted = q.trim().toLowerCase();
  const found = lines.filter((l) =>
    [l.sourceName, l.kindName, l.by, l.tag.text, ...l.steps.map((s) => s.reason ?? '')]
      .join('\n')
      .toLowerCase()
      .includes(wanted),
  );
  const open = found.filter((l) => l.state === 'proposed' || l.state === 'to-review');
  const toDecide = open.filter((l) => l.offered.some((a) => a !== 'withdraw'));
  const past = found.filter((l) => !open.includes(l));
  return {
    q,
    toDecide,
    waiting: open.filter((l) => !toDecide.includes(l)),
    past: past.slice(0, SHOWN),
    more: Math.max(0, past.length - SHOWN),
    any: lines.length > 0,
    approvers: await approversOf(tx, approver),
  };
}

/** Changes of one source, as its own page shows them. */
export const changesOfSource = async (tx: Tx, viewer: Viewer, now: number, source: string) =>
  linesOf(tx, viewer, now, await listChanges(tx, { source, limit: 20 }));

/** How many changes of the lists wait for this viewer, and for anybody: for Today and the page of lists. */
export async function listChangesWaiting(
  tx: Tx,
  viewer: Viewer,
  now: number,
): Promise<{ forViewer: number; forAnybody: number; tooFew: boolean }> {
  const approver = await approverRole(tx, now);
  const open = (await listChanges(tx)).filter((c) => c.state === 'proposed' || c.state === 'to-review');
  const mine = open.filter((c) => offeredTo(viewer, approver, c).some((a) => a !== 'withdraw'));
  return { forViewer: mine.length, forAnybody: open.length, tooFew: (await approversOf(tx, approver)).tooFew };
}
