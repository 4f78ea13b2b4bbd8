import { sql } from 'kysely';
import { conflict, invalid } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { enqueue } from '#platform/jobs.ts';
import type { Viewer } from '#web/index.ts';
import { isSealed, lockCase } from './evidence.store.ts';

export const ROTATE_TASK = 'evidence.rotate';

/**
 * EVI-03, EVI-07: seal every file of the case, in the transaction that marks the suspicion and whoever marks it. The
 * school's wrap of each key is deleted; what is left is the outside body's. Nothing needs to be read, written to disk or
 * decrypted for it, so there is nothing that can fail half-way. A rotation follows, after which wraps in older copies of
 * the database (backups, the write-ahead log) open nothing either. Returns how many files it sealed.
 */
export async function sealEvidence(deps: Pick<Deps, 'clock'>, tx: Tx, caseId: string): Promise<number> {
  const at = new Date(deps.clock.now());
  const { rows } = await sql<{ sealed: number }>`select gh_seal_evidence(${caseId}, ${at}) as sealed`.execute(tx);
  const sealed = rows[0]?.sealed ?? 0;
  if (sealed > 0) await enqueue(tx, ROTATE_TASK, {}, { key: ROTATE_TASK });
  return sealed;
}

/** EVI-04: a written decision of the police or the DSL lets a new examination take in new files. What is sealed stays so. */
export async function releaseSeal(
  deps: Pick<Deps, 'clock'>,
  tx: Tx,
  viewer: Viewer,
  caseId: string,
  by: { authority: 'police' | 'dsl'; decision: string },
): Promise<void> {
  if ([...by.decision.trim()].length < 10) {
    throw invalid('evidence.release', 'Write down the decision: who made it, when, and under which reference.');
  }
  await lockCase(tx, caseId);
  if (!(await isSealed(tx, caseId))) throw conflict('evidence.not-sealed', 'This case is not sealed.');
  await tx
    .insertInto('evidence_seal')
    .values({
      school_id: viewer.school.id,
      case_id: caseId,
      act: 'released',
      at: new Date(deps.clock.now()),
      by_person: viewer.person.id,
      authority: by.authority,
      decision: by.decision.trim(),
    })
    .execute();
}
