import { sql } from 'kysely';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import type { Viewer } from '#web/index.ts';
import { leadsOf, recipientsOf } from './case.leads.ts';
import { tellHalted } from './case.letters.ts';
import { actingLead, isKeptFrom, type KeptFrom } from './cases.rules.ts';
import { sealEvidence } from './evidence/index.ts';

/** Who learns at once of a case that was stopped: whom the policy names for it, who leads, and who has it (EVI-04, SRC-20). */
export async function tellOfHalt(
  deps: Deps,
  tx: Tx,
  by: Pick<Viewer, 'school' | 'person'>,
  file: KeptFrom & {
    readonly id: string;
    readonly reference: string;
    readonly manager: string | null;
    readonly restricted: boolean;
  },
): Promise<void> {
  const now = deps.clock.now();
  const named = file.restricted ? [] : await recipientsOf(tx, now, 'abuse-image');
  const leads = actingLead(await leadsOf(tx, now, file), file);
  const people = new Set([...named, ...leads, ...(file.manager ? [file.manager] : [])]);
  await tellHalted(
    deps,
    tx,
    by,
    file,
    [...people].filter((id) => !isKeptFrom(file, id)),
  );
}

/**
 * Stop a case because an image of a child's abuse is suspected, whether or not whoever stops it may read it: for searches of
 * devices and forms that people send in. Whoever works on the case takes the step `suspect` instead, to the same end.
 */
export async function haltCase(deps: Deps, tx: Tx, by: Viewer, caseId: string, words: string): Promise<void> {
  const now = deps.clock.now();
  const { rows } = await sql<{
    reference: string;
    from_state: string;
    to_state: string;
    manager: string | null;
    subjects: string[];
    conflicted: string[];
    restricted: boolean;
  }>`select * from gh_halt_case(${caseId}, ${words}, ${new Date(now)})`.execute(tx);
  const [file] = rows;
  if (!file) throw new Error('a case that was stopped is not there');
  await sealEvidence(deps, tx, caseId);
  await record(tx, {
    school: by.school.id,
    actor: by.person.id,
    action: 'case.suspect',
    object: { kind: 'case', id: caseId },
    detail: { from: file.from_state, to: file.to_state },
    text: words ? { text: words } : {},
    at: now,
  });
  await tellOfHalt(deps, tx, by, { ...file, id: caseId });
}
