import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import { DAY, MINUTE } from '#core/clock.ts';
import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { digestToken, newId, newToken } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { clientAddress, letPupilsIn, refusePupils } from '#rooms/identity/index.ts';
import { contextOf, SESSION_COOKIE, viewerOf } from '#web/index.ts';
import { type Asking, findComputer, insertChallenge, markProven, openChallenge, proofOf } from './computers.store.ts';
import { isSigned, readKey } from './key.rules.ts';

/** What a browser shows that has proved to be a computer. */
export const COMPUTER_COOKIE = 'gatehouse-computer';
/** A challenge is answered by a script, at once. */
const ANSWER_WITHIN = 2 * MINUTE;
/** How long a proof stands; pages of an examination renew it. */
export const PROOF_FOR = 30 * MINUTE;
const PROOFS_KEPT = DAY;

/** The session and the address of a request: what a proof is bound to. */
export const askingOf = (request: FastifyRequest): Asking => ({
  session: digestToken(request.cookies[SESSION_COOKIE] ?? ''),
  address: clientAddress(request.ip),
});

/** Something that only the holder of a key can answer, once, in this session. */
export function challenge(deps: Deps, by: Context, asking: Asking): Promise<string> {
  return deps.db.in(by, async (tx) => {
    const now = deps.clock.now();
    const text = newToken();
    await insertChallenge(tx, by, {
      ...asking,
      id: newId(now),
      challenge: digestToken(text),
      at: new Date(now),
      forget: new Date(now - PROOFS_KEPT),
    });
    return text;
  });
}

/** A challenge with its answer, as the script in the browser sends them. */
export interface Answer {
  readonly challenge: string;
  readonly signature: Buffer;
}

/** What the browser keeps after a proof: for this session, and for the place. */
export interface Proven {
  readonly computer: string;
  readonly token: string;
  readonly place: string;
}

export interface NewComputer {
  readonly name: string;
  readonly place: string;
  /** SPKI of the key that the browser made for itself and never shows. */
  readonly key: Buffer;
}

/** INC-06: set this very computer apart. The key is proved, so that nobody registers a machine they are not at. */
export function registerComputer(
  deps: Deps,
  by: Context,
  asking: Asking,
  input: NewComputer,
  answer: Answer,
): Promise<Proven> {
  const name = input.name.trim();
  if (name.length < 2 || name.length > 80)
    throw invalid('computers.name', 'Give it a name of 2 to 80 characters.', {
      name: 'Give it a name, such as “Office laptop”.',
    });
  if (readKey(input.key) === null)
    throw invalid(
      'computers.no-key',
      'This browser made no key. Scripts must be allowed for this page, and the page must be opened over https.',
    );
  return deps.db.in(by, async (tx) => {
    const now = deps.clock.now();
    const twice = await tx
      .selectFrom('designated_computer')
      .select('id')
      .where('retired_at', 'is', null)
      .where((e) => e.or([e('name', '=', name), e('public_key', '=', input.key)]))
      .executeTakeFirst();
    if (twice) throw conflict('computers.twice', 'This computer, or another of this name, is registered already.');
    const id = newId(now);
    await tx
      .insertInto('designated_computer')
      .values({
        id,
        school_id: by.school,
        name,
        place: input.place.trim(),
        public_key: input.key,
        registered_by: by.person ?? '',
        registered_at: new Date(now),
      })
      .execute();
    await note(tx, deps, by, 'computer.register', id, { address: asking.address });
    return takeProof(tx, deps, by, asking, id, input.key, answer);
  });
}

/** This browser holds the key of that computer: for a while every request of this session comes from there. */
export function proveComputer(deps: Deps, by: Context, asking: Asking, id: string, answer: Answer): Promise<Proven> {
  return deps.db.in(by, async (tx) => {
    const computer = await findComputer(tx, id);
    if (!computer || computer.retired_at) throw notFound('this computer');
    const proven = await takeProof(tx, deps, by, asking, id, computer.public_key, answer);
    await note(tx, deps, by, 'computer.prove', id, { address: asking.address });
    return proven;
  });
}

async function takeProof(
  tx: Tx,
  deps: Deps,
  by: Context,
  asking: Asking,
  computer: string,
  key: Buffer,
  { challenge, signature }: Answer,
): Promise<Proven> {
  const now = deps.clock.now();
  const open = await openChallenge(tx, asking, digestToken(challenge), new Date(now - ANSWER_WITHIN));
  if (!open || !isSigned(key, challenge, signature)) {
    throw forbidden(
      'computers.not-proven',
      'This browser did not prove to be that computer.',
      'Open this page on the computer itself, in the browser in which it was registered, and try again.',
    );
  }
  const [token, place] = [newToken(), newToken()];
  await markProven(tx, open.id, {
    computer_id: computer,
    token: digestToken(token),
    until_at: new Date(now + PROOF_FOR),
  });
  // From wherever it is now, and in this browser wherever it goes, pupils are not let in.
  await refusePupils(tx, by, { id: computer, address: asking.address, browser: digestToken(place) });
  return { computer, token, place };
}

/** Which computer this request proved to come from; null where it proved nothing. Never what it says, always what it holds. */
export async function provenComputer(deps: Deps, request: FastifyRequest): Promise<string | null> {
  const token = request.cookies[COMPUTER_COOKIE];
  if (!token || !request.viewer) return null;
  const proof = await deps.db.in(contextOf(viewerOf(request)), (tx) =>
    proofOf(tx, askingOf(request), digestToken(token), new Date(deps.clock.now())),
  );
  return proof?.computer ?? null;
}

/** It is no longer set apart: its examinations end, no case can begin one there, and pupils may sign in again. */
export function retireComputer(deps: Deps, by: Context, id: string, reason: string): Promise<void> {
  const why = reason.trim();
  if (why.length < 10)
    throw invalid('computers.reason', 'Say why, in a sentence.', { reason: 'Say why, in a sentence.' });
  return deps.db.in(by, async (tx) => {
    const at = new Date(deps.clock.now());
    const row = await tx
      .updateTable('designated_computer')
      .set({ retired_by: by.person, retired_at: at })
      .where('id', '=', id)
      .where('retired_at', 'is', null)
      .returning('id')
      .executeTakeFirst();
    if (!row) throw notFound('this computer');
    await letPupilsIn(tx, id);
    await sql`select gh_end_at_computer(${id}, ${at})`.execute(tx);
    await bumpSnapshot(tx, by.school);
    await note(tx, deps, by, 'computer.retire', id, {}, { reason: why });
  });
}

async function note(
  tx: Tx,
  deps: Deps,
  by: Context,
  action: string,
  id: string,
  detail: Record<string, unknown>,
  text: Record<string, string> = {},
): Promise<void> {
  await record(tx, {
    school: by.school,
    actor: by.person,
    action,
    object: { kind: 'computer', id },
    detail,
    text,
    at: deps.clock.now(),
  });
}
