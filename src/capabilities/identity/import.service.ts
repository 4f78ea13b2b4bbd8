import { createHash } from 'node:crypto';
import { HOUR } from '#core/clock.ts';
import { conflict, notFound } from '#core/errors.ts';
import type { Context, Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { bumpSnapshot } from '#platform/school.ts';
import type { PersonKind } from '#policy/types.ts';
import { contextOf, type Viewer } from '#web/index.ts';
import { beyondReach } from './accounts.service.ts';
import { allTeaching } from './classes.store.ts';
import { type ImportRow, readImport } from './import.rules.ts';
import type { NewPerson } from './people.rules.ts';
import { type CreatedPerson, changePerson, createPeople } from './people.service.ts';
import { type Person, peopleByUsername } from './people.store.ts';

/** What confirming would do with each line. */
export interface ImportPlan {
  readonly create: readonly { readonly line: number; readonly person: NewPerson }[];
  readonly update: readonly {
    readonly line: number;
    readonly id: string;
    readonly person: NewPerson;
    readonly what: string;
  }[];
  readonly same: number;
  readonly faults: readonly { readonly line: number; readonly username: string; readonly why: readonly string[] }[];
}

/** Read the file and keep what was read here, so that nothing is taken back from the browser. Nobody is changed yet. */
export function previewImport(deps: Deps, viewer: Viewer, file: Buffer, kindOfAll: PersonKind): Promise<string> {
  const rows = readImport(file, kindOfAll);
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { id } = await tx
      .insertInto('import_preview')
      .values({
        school_id: viewer.school.id,
        by_person: viewer.person.id,
        created_at: new Date(deps.clock.now()),
        file_digest: createHash('sha256').update(file).digest(),
        rows: JSON.stringify(rows),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    return id;
  });
}

/** What the kept file would do as things stand now. */
export function planOf(deps: Deps, viewer: Viewer, preview: string): Promise<ImportPlan> {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const kept = await tx.selectFrom('import_preview').selectAll().where('id', '=', preview).executeTakeFirst();
    return plan(tx, viewer, rowsOf(deps, kept));
  });
}

function rowsOf(deps: Deps, kept: { rows: object[]; created_at: Date } | undefined): ImportRow[] {
  if (!kept || kept.created_at.getTime() < deps.clock.now() - HOUR) throw notFound('that file; it is kept for an hour');
  return kept.rows as ImportRow[];
}

export interface ImportResult {
  readonly created: readonly (CreatedPerson & { readonly displayName: string; readonly groupName: string })[];
  readonly updated: number;
}

/** Do it, in one transaction with one entry in the ledger; a preview is used up by it. Lines with faults are left out. */
export function confirmImport(deps: Deps, viewer: Viewer, preview: string, alsoUpdate: boolean): Promise<ImportResult> {
  const by = contextOf(viewer);
  return deps.db.in(by, async (tx) => {
    const kept = await tx.deleteFrom('import_preview').where('id', '=', preview).returningAll().executeTakeFirst();
    const { create, update } = await plan(tx, viewer, rowsOf(deps, kept));
    const updates = alsoUpdate ? update : [];
    if (create.length + updates.length === 0) {
      throw conflict('import.nothing', 'There is nothing to do.', 'Everyone in the file is already here as it says.');
    }
    const made = await createPeople(
      tx,
      deps,
      by,
      create.map((c) => c.person),
    );
    for (const u of updates) await changePerson(tx, deps, by, u.id, u.person);
    if (updates.length > 0) await bumpSnapshot(tx, by.school);
    await record(tx, importEntry(deps, by, preview, kept?.file_digest ?? Buffer.alloc(0), made, updates));
    return {
      created: made.map((m, at) => ({
        ...m,
        displayName: create[at]?.person.displayName ?? '',
        groupName: create[at]?.person.groupName ?? '',
      })),
      updated: updates.length,
    };
  });
}

const importEntry = (
  deps: Deps,
  by: Context,
  preview: string,
  digest: Buffer,
  made: readonly CreatedPerson[],
  updates: ImportPlan['update'],
) => ({
  school: by.school,
  actor: by.person,
  action: 'people.import',
  object: { kind: 'import', id: preview },
  detail: {
    file: `sha256:${digest.toString('hex')}`,
    created: made.map((m) => m.id),
    updated: updates.map((u) => u.id),
  },
  at: deps.clock.now(),
});

async function plan(tx: Tx, viewer: Viewer, rows: readonly ImportRow[]): Promise<ImportPlan> {
  const beyond = await beyondReach(tx, viewer);
  const taught = Map.groupBy(await allTeaching(tx), (t) => t.person);
  const here = new Map(
    (
      await peopleByUsername(
        tx,
        rows.map((r) => r.username),
      )
    ).map((p) => [p.username, p]),
  );
  const create = [];
  const update = [];
  const faults = [];
  let same = 0;
  for (const row of rows) {
    const { line, username } = row;
    if ('faults' in row) {
      faults.push({ line, username, why: row.faults });
      continue;
    }
    const found = here.get(username);
    const known = found && { ...found, classes: (taught.get(found.id) ?? []).map((t) => t.group).sort() };
    const why = known && whyNotUpdate(known, row.person, beyond);
    if (!known) create.push({ line, person: row.person });
    else if (why) faults.push({ line, username, why: [why] });
    else {
      const what = differences(known, row.person);
      if (what.length === 0) same++;
      else update.push({ line, id: known.id, person: row.person, what: what.join(', ') });
    }
  }
  return { create, update, same, faults };
}

type Known = Person & { readonly classes: readonly string[] };

function whyNotUpdate(known: Known, row: NewPerson, beyond: ReadonlySet<string>): string | null {
  if (known.leftOn !== null) return 'This username belongs to somebody who has left; it is not given to anybody else';
  if (known.kind !== row.kind) return `This username belongs to a ${known.kind}; an import does not change that`;
  if (beyond.has(known.id) && differences(known, row).length > 0) {
    return 'Only an administrator can change the account of somebody with this person’s role';
  }
  return null;
}

const COMPARED = [
  ['displayName', 'name'],
  ['yearGroup', 'year'],
  ['groupName', 'form or group'],
  ['email', 'e-mail'],
] as const;

const differences = (known: Known, row: NewPerson): string[] => [
  ...COMPARED.filter(([field]) => row[field] !== undefined && known[field] !== row[field]).map(([, name]) => name),
  ...(row.classes && [...row.classes].sort().join('\n') !== known.classes.join('\n') ? ['classes'] : []),
];
