import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import { type Audience, type PolicyDocument, profileFor } from '#policy/index.ts';
import { policyInForce } from '../policies.service.ts';
import { type Grantable, grantables, mayGrant, readMoment, stateOf } from './permissions.rules.ts';
import { type Candidate, candidates, grantsOf } from './permissions.store.ts';

/** What the form asks; moments as the school's clock shows them, `YYYY-MM-DDTHH:MM`, empty for now and for no end. */
export interface GrantInput {
  readonly rule: string;
  readonly audience: string;
  readonly people: readonly string[];
  /** `year:9` or `group:9B`: all its pupils, besides the people. */
  readonly group: string;
  readonly purpose: string;
  readonly from: string;
  readonly until: string;
}

const PURPOSE = { min: 3, max: 500 };

/** Name people for a rule (COM-12). Returns how many; who holds the same already is left as they are. */
export async function grantUse(tx: Tx, deps: Deps, by: Context, input: GrantInput): Promise<number> {
  await inTurn(tx);
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  if (!policy) throw notFound('a policy in force');
  const cell = cellOf(policy.document, input.rule, input.audience);
  const giver = by.person;
  if (giver === null || !mayGrant(cell, by.duties)) {
    throw forbidden('grant.duty', 'It is not yours to give this.', 'Ask the head or the safeguarding lead.');
  }
  const span = readSpan(cell, input, now, policy.compiled.timeZone);
  const people = await chosen(tx, input);
  if (people.some((p) => p.id === giver)) {
    throw forbidden('grant.self', 'Nobody gives a permission to themselves.', 'Ask a colleague to give it to you.');
  }
  for (const person of people) checkPerson(policy.document, cell, person);

  const held = (await grantsOf(tx, { rule: input.rule })).filter((g) => stateOf(g, now) !== 'ended' && covers(g, span));
  const fresh = people.filter((p) => !held.some((g) => g.person === p.id));
  if (fresh.length === 0) {
    throw conflict('grant.held', 'Everybody chosen holds this already, for all of that time.', 'Choose another time.');
  }
  const rows = await tx
    .insertInto('use_grant')
    .values(
      fresh.map((p) => ({
        school_id: by.school,
        rule: input.rule,
        person_id: p.id,
        granted_by: giver,
        purpose: span.purpose,
        from_at: span.from,
        until_at: span.until,
      })),
    )
    .returning('id')
    .execute();
  const ids = rows.map((r) => r.id);
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'permission.give',
    object: { kind: 'rule', id: input.rule },
    detail: {
      grants: ids,
      people: fresh.map((p) => p.id),
      from: span.from.toISOString(),
      until: span.until?.toISOString() ?? null,
      policy: policy.number,
    },
    text: { purpose: span.purpose },
    at: now,
  });
  await bumpSnapshot(tx, by.school);
  return fresh.length;
}

/** End what was given, at once. */
export async function endGrant(tx: Tx, deps: Deps, by: Context, id: string): Promise<{ rule: string }> {
  await inTurn(tx);
  const now = deps.clock.now();
  const [grant] = isUuid(id) ? await grantsOf(tx, { id }) : [];
  if (!grant) throw notFound('this permission');
  const policy = await policyInForce(tx, now);
  if (!policy || !mayEnd(policy.document, grant, by)) {
    throw forbidden('grant.duty', 'It is not yours to end this.', 'Ask the head or the safeguarding lead.');
  }
  if (stateOf(grant, now) === 'ended') throw conflict('grant.ended', 'This has ended already.');
  await tx
    .updateTable('use_grant')
    .set({ ended_by: by.person, ended_at: new Date(now) })
    .where('id', '=', id)
    .execute();
  await record(tx, {
    school: by.school,
    actor: by.person,
    action: 'permission.end',
    object: { kind: 'use_grant', id },
    detail: { rule: grant.rule, person: grant.person },
    at: now,
  });
  await bumpSnapshot(tx, by.school);
  return { rule: grant.rule };
}

/** Takes the school's row: of two who give the same to one person at once, one comes second and finds it given. */
const inTurn = (tx: Tx) => tx.selectFrom('school').select('id').forUpdate().execute();

/** Who may give it may end it, and so may whoever gave it, should the policy know the rule no more. */
export function mayEnd(
  document: PolicyDocument,
  grant: { readonly rule: string; readonly givenBy: string } & Pick<Candidate, 'kind' | 'year'>,
  by: Context,
): boolean {
  const cell = grantables(document).find((g) => g.rule.id === grant.rule && g.audience === audienceOf(document, grant));
  return grant.givenBy === by.person || (cell !== undefined && mayGrant(cell, by.duties));
}

/** In which column of the policy's tables a person stands. */
export function audienceOf(document: PolicyDocument, person: Pick<Candidate, 'kind' | 'year'>): Audience | null {
  const profile = profileFor(document, person);
  return document.profiles.find((p) => p.id === profile)?.audience ?? null;
}

/** The cell, or why nobody can be named for it: what is closed or against the law stays so (FCR-07). */
function cellOf(document: PolicyDocument, rule: string, audience: string): Grantable {
  const cell = grantables(document).find((g) => g.rule.id === rule && g.audience === audience);
  if (!cell) {
    if (!document.rules.some((r) => r.id === rule)) throw notFound('this rule in the policy in force');
    throw forbidden(
      'grant.closed',
      'The policy does not open this by permission, so nobody can give it.',
      'Only a new version of the policy can change that; what is against the law stays closed for good.',
    );
  }
  if (cell.closedBy) {
    const remedy = 'Until the policy settles which of the two holds, the stricter one does.';
    throw forbidden('grant.closed', `The rule “${cell.closedBy.name}” keeps this closed all the same.`, remedy);
  }
  return cell;
}

function checkPerson(document: PolicyDocument, { rule, audience }: Grantable, person: Candidate): void {
  const profile = document.profiles.find((p) => p.id === profileFor(document, person));
  const refuse = (why: string) => invalid('grant.person', why, { person: why });
  if (!profile || profile.audience !== audience) throw refuse(`${person.name} is not one of those this rule is for.`);
  if (rule.categories.length > 0 && rule.categories.every((c) => Object.hasOwn(profile.blocks, c))) {
    throw refuse(`“${profile.name}” may not have this at all, and so ${person.name} may not.`);
  }
}

async function chosen(tx: Tx, { people, group }: GrantInput): Promise<Candidate[]> {
  const ids = people.filter(isUuid);
  const [kind, name = ''] = [group.slice(0, group.indexOf(':')), group.slice(group.indexOf(':') + 1)];
  const whole =
    kind === 'year'
      ? await candidates(tx, { year: Number(name) })
      : kind === 'group'
        ? await candidates(tx, { group: name })
        : [];
  const named = await candidates(tx, { ids });
  if (named.length < ids.length) throw notFound('everybody who was chosen');
  const all = [...new Map([...named, ...whole].map((p) => [p.id, p])).values()];
  if (all.length === 0) {
    const message = group ? 'Nobody is in this group now' : 'Choose somebody, or a whole year or form group';
    throw invalid('grant.nobody', 'Choose for whom it is.', { person: message });
  }
  return all;
}

interface Span {
  readonly purpose: string;
  readonly from: Date;
  readonly until: Date | null;
}

function readSpan(cell: Grantable, input: GrantInput, now: number, timeZone: string): Span {
  const purpose = input.purpose.trim();
  const wrong: Record<string, string> = {};
  if ([...purpose].length < PURPOSE.min || [...purpose].length > PURPOSE.max) {
    wrong.purpose = `Say what it is for, in ${PURPOSE.min} to ${PURPOSE.max} letters`;
  }
  const from = input.from ? readMoment(input.from, timeZone) : new Date(now);
  if (!from) wrong.from = 'Give a day and a time, or leave it empty for now';
  const until = input.until ? readMoment(input.until, timeZone) : null;
  if (input.until && !until) wrong.until = 'Give a day and a time';
  // COM-12: a permission has an end; a list may stand until somebody ends it.
  else if (cell.value === 'permission' && !until) wrong.until = 'Say when it ends; it can be given again';
  else if (until && (until.getTime() <= now || (from && until <= from))) {
    wrong.until = 'It ends after it begins, and not in the past';
  }
  if (!from || Object.keys(wrong).length > 0) {
    throw invalid('grant.invalid', 'Some of this needs another look.', wrong);
  }
  // What begins in the past would say that something was allowed when it was not.
  return { purpose, from: from.getTime() < now ? new Date(now) : from, until };
}

const covers = (grant: Pick<Span, 'from' | 'until'>, span: Span): boolean =>
  grant.from <= span.from && (grant.until === null || (span.until !== null && grant.until >= span.until));
