import { isUuid } from '#core/ids.ts';
import type { Tx } from '#platform/db.ts';
import { names, roleTitle, searchPeople } from '#rooms/identity/index.ts';
import { registerStates } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import { liveSearchers } from './authorised.store.ts';
import type { Typed } from './search.facts.ts';
import type { Field, Options, StepForm } from './search.forms.ts';
import { guidanceOf, type SearchPolicy } from './search.rules.ts';
import type { Search } from './search.store.ts';

interface Choice {
  readonly value: string;
  readonly text: string;
  readonly hint?: string;
}
/** A field as the page shows it. */
export interface ShownField extends Pick<Field, 'name' | 'label' | 'kind' | 'optional'> {
  readonly hint: string;
  readonly value: string;
  readonly choices: readonly Choice[];
}

export interface FieldsFor {
  readonly viewer: Viewer;
  readonly policy: SearchPolicy;
  readonly search: Search | undefined;
  readonly typed: Typed;
  /** What was typed to find somebody. */
  readonly find: string;
  readonly now: number;
}

/** The fields of a step with their choices and what was typed; each guidance is a field of its own. */
export async function shownFields(tx: Tx, form: StepForm, about: FieldsFor): Promise<ShownField[]> {
  const shown: ShownField[] = [];
  for (const field of form.fields) {
    if (field.kind === 'editions') shown.push(...(await editionFields(tx, about)));
    else shown.push(await shownField(tx, field, about));
  }
  return shown;
}

async function shownField(tx: Tx, field: Field, about: FieldsFor): Promise<ShownField> {
  const { name, label, kind, optional, hint = '' } = field;
  const choices = kind === 'find' ? await found(tx, field, about) : await choicesOf(tx, field.options, about);
  const value = about.typed[name] ?? defaultOf(field, about);
  return { name, label, kind, ...(optional && { optional }), hint, value, choices };
}

function defaultOf(field: Field, { viewer, now, search }: FieldsFor): string {
  if (field.kind === 'time') {
    const local = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(viewer.school.timeZone);
    return local.toPlainDateTime().toString({ smallestUnit: 'minute' });
  }
  if (field.name === 'holder') return viewer.person.id;
  if (field.name !== 'from') return '';
  const last = search?.entries.findLast((e) => e.action === 'confiscate' || e.action === 'move');
  return String(last?.detail.holder ?? last?.by ?? '');
}

async function choicesOf(tx: Tx, options: Options | undefined, about: FieldsFor): Promise<Choice[]> {
  if (options === undefined) return [];
  if (typeof options === 'object') return Object.entries(options).map(([value, text]) => ({ value, text }));
  const { rules } = about.policy;
  const listed = { grounds: rules.grounds, banned: rules.banned, reasons: rules.reasons };
  if (options in listed) return listed[options as keyof typeof listed].map(({ id, text }) => ({ value: id, text }));
  const staff = (await searchPeople(tx, '', { kind: 'staff', limit: 500 })).filter(
    (p) => !about.search?.about.includes(p.id),
  );
  const roles = await rolesOf(tx, options === 'advisers' ? rules.advice : rules.respondWith);
  const list = options === 'authorised' ? await liveSearchers(tx, about.now) : new Set<string>();
  const iHold = about.viewer.duties.some((d) => (rules.respondWith as readonly string[]).includes(d));
  const searchers = about.search?.searchers ?? [];
  const fits = (id: string): boolean => {
    if (options === 'advisers') return roles.has(id) && !searchers.includes(id);
    // Whoever holds one of the roles decides with anybody; all others with one who does.
    if (options === 'seconds') return id !== about.viewer.person.id && (iHold || roles.has(id));
    return options === 'authorised' ? list.has(id) && !searchers.includes(id) : true;
  };
  return staff
    .filter((p) => fits(p.id))
    .map((p) => {
      const role = roles.get(p.id);
      return {
        value: p.id,
        text: role ? `${p.displayName} (${roleTitle(role, about.policy.document.roles)})` : p.displayName,
      };
    });
}

async function rolesOf(tx: Tx, roles: readonly string[]): Promise<Map<string, string>> {
  const rows = await tx
    .selectFrom('role_holding')
    .select(['person_id as person', 'role'])
    .where('role', 'in', [...roles])
    .where('until_at', 'is', null)
    .execute();
  return new Map(rows.map((r) => [r.person, r.role]));
}

/** People by name, with what tells two of one name apart; whoever was chosen stays among them. */
async function found(tx: Tx, field: Field, { typed, find }: FieldsFor): Promise<Choice[]> {
  const chosen = typed[field.name] ?? '';
  const kept = isUuid(chosen) ? [...(await names(tx, [chosen]))] : [];
  const people = find.trim()
    ? await searchPeople(tx, find, { ...(field.among && { kind: field.among }), limit: 12 })
    : [];
  return [
    ...kept.map(([value, text]) => ({ value, text })),
    ...people
      .filter((p) => p.id !== chosen)
      .map((p) => ({
        value: p.id,
        text: p.displayName,
        hint: p.kind === 'pupil' ? [`Year ${p.yearGroup}`, p.groupName].filter(Boolean).join(', ') : p.kind,
      })),
  ];
}

/** SRC-21: a line for each guidance, with what the register knows of it and a warning where that is old. */
async function editionFields(tx: Tx, { policy, typed, now }: FieldsFor): Promise<ShownField[]> {
  const register = await registerStates(tx, now);
  return guidanceOf(policy.document).map((id) => {
    const line = register.find((r) => r.kind === 'reference' && r.id === id);
    const name = `edition-${id}`;
    const label = `Edition of “${line?.title ?? id}”`;
    const warning = line && line.state !== 'current' ? `Look whether a newer one is out. ${line.text}` : '';
    const hint = warning || 'The edition that the register has. Change it if you used another.';
    return { name, label, kind: 'line', hint, value: typed[name] ?? line?.held?.edition ?? '', choices: [] };
  });
}
