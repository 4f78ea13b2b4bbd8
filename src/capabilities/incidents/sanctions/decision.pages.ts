import { dayIn } from '#core/days.ts';
import { conflict, notFound } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { names, personById, searchPeople } from '#rooms/identity/index.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { type CaseEntry, entriesOf } from '../cases.store.ts';
import { kindOf } from './actions.ts';
import { menuIn } from './carry-out.ts';
import type { CaseSide } from './case-side.ts';
import { decisionOf, FACTORS, fieldName, type Typed } from './decision.ts';
import { preselected, secondBecause } from './menu.rules.ts';
import { doerOf, mayGive } from './people.ts';
import { sanctionsOf } from './sanctions.store.ts';

/** What is asked of the page: whom it is about, which type; or which waiting decision a second senior looks at. */
export interface DecisionAsked {
  readonly person?: string | undefined;
  readonly type?: string | undefined;
  /** A sanction that waits for a second senior. */
  readonly same?: string | undefined;
}

/** The form of a decision: whose conduct, which type, then exactly the actions that the policy lists for it. */
export function decisionPage(
  deps: Deps,
  side: CaseSide,
  viewer: Viewer,
  which: string,
  asked: DecisionAsked,
  tried: Typed | null = null,
) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const handled = await side.handled(tx, viewer, which);
    if (!handled) throw notFound('this case');
    const { file } = handled;
    if (!handled.handler || file.state !== 'actions')
      throw conflict('case.sanction.not-listed', 'Nothing can be decided in this case now.', 'Go back to the case.');
    const waiting = asked.same ? await proposal(tx, file.id, asked.same) : null;
    const typed = tried ?? waiting;
    const people = [...(await names(tx, file.subjects))].map(([value, text]) => ({ value, text }));
    const id = String(typed?.person ?? asked.person ?? (people.length === 1 ? people[0]?.value : ''));
    const person = file.subjects.includes(id) ? await personById(tx, id) : undefined;
    const found = person ? await menuIn(tx, file, person, viewer.school.timeZone, now) : null;
    const type = found?.menu.types.find((t) => t.id === String(typed?.type ?? asked.type ?? ''));
    const chosen = typed ? [typed.actions ?? []].flat() : type ? preselected(type) : [];
    const wanted = new Set(type?.actions.flatMap((a) => kindOf(a.id).fields.map((f) => f.kind)));
    return {
      file,
      people,
      person,
      found,
      types: [...(found?.menu.types ?? [])].sort(
        (a, b) => Number(file.types.includes(b.id)) - Number(file.types.includes(a.id)),
      ),
      likely: file.types,
      type,
      procedure: found?.policy.document.documents.find((d) => d.id === found.menu.procedure)?.title,
      actions: await Promise.all(
        (type?.actions ?? []).map(async (action) => {
          const { fields, to, text } = kindOf(action.id);
          // What runs by itself goes to nobody.
          const doer = person && text !== '' && (await doerOf(tx, to, person, file.manager ?? '', handled.keptFrom));
          return {
            ...action,
            chosen: chosen.includes(action.id),
            goesTo: doer ? (await names(tx, [doer])).get(doer) : undefined,
            fields: fields.map((f) => {
              const name = fieldName(action.id, f.name);
              return { ...f, at: name, value: typed?.[name] ?? '' };
            }),
          };
        }),
      ),
      staff: wanted.has('staff') ? await colleagues(tx, handled.keptFrom) : [],
      heads: wanted.has('heads')
        ? (await mayGive(tx))
            .filter((h) => !handled.keptFrom.includes(h.id))
            .map((h) => ({ value: h.id, text: h.displayName }))
        : [],
      factors: FACTORS,
      typed: typed ?? {},
      same: asked.same,
      second: type ? secondBecause(type, chosen) : null,
      today: dayIn(viewer.school.timeZone, now),
    };
  });
}

async function colleagues(tx: Tx, keptFrom: readonly string[]) {
  const staff = await searchPeople(tx, '', { kind: 'staff', limit: 500 });
  return staff.filter((p) => !keptFrom.includes(p.id)).map((p) => ({ value: p.id, text: p.displayName }));
}

/** A waiting decision as its form held it, without the reasons: a second senior gives their own. */
async function proposal(tx: Tx, caseId: string, id: string): Promise<Typed | null> {
  const sanction = (await sanctionsOf(tx, caseId)).find((s) => s.id === id && s.decided_at === null);
  if (!sanction) return null;
  const entry = (await entriesOf(tx, caseId)).find((e) => e.action === 'sanction' && keyIn(e) === sanction.decision);
  if (!entry) return null;
  const { type, actions, given } = decisionOf(entry.detail, sanction.person_id);
  const fields = actions.flatMap((action) =>
    Object.entries(given[action] ?? {}).map(([name, value]) => [fieldName(action, name), value]),
  );
  return { person: sanction.person_id, type, actions, ...Object.fromEntries(fields) };
}

/** Which decision an entry holds. */
export const keyIn = (entry: Pick<CaseEntry, 'detail'>): string =>
  typeof entry.detail.decision === 'string' ? entry.detail.decision : '';
