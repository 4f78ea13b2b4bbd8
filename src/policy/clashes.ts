import { type Applies, type DeviceClass, SLOT_KINDS, type Statement, ZONE_KINDS } from './sections.ts';
import { type Audience, type Cell, type PolicyDocument, STRICTNESS } from './types.ts';

/**
 * Where a policy contradicts itself about one action. Everybody who speaks of it is a voice: the cells of rules, what
 * clauses and agreement terms say, and the device table. Two voices clash where they speak to the same people of the
 * same place, time and equipment and do not say the same.
 */
export interface Voice {
  /** JSON Pointer of the rule, statement or device class. */
  readonly pointer: string;
  readonly clause: string;
  readonly kind: 'rule' | 'text' | 'device';
  /** "rule COM-08", "clause 8.1", "term AGR-T23", "device class “Visitor-owned”". */
  readonly name: string;
  readonly action: string;
  readonly audience: Audience;
  readonly value: Cell['value'];
  /** Times and lists of a rule's cell; null where only the value is said. */
  readonly detail: string | null;
  /** Says only whether a way in exists, not which: clashes only with the opposite. */
  readonly coarse: boolean;
  readonly scope: Scope;
}

export interface Clash {
  /** `answers`: different values; `scope`: the same value, once for a part and once for all. */
  readonly kind: 'answers' | 'scope';
  readonly action: string;
  readonly audiences: readonly Audience[];
  readonly voices: readonly Voice[];
  /** Where they meet. */
  readonly scope: Scope;
}

/** Where a voice speaks: every combination of slot, zone and equipment that it means. */
export type Scope = ReadonlySet<string>;

/** Times of day that are no slot of the timetable are there too: before school, between lessons. */
const SLOTS = [...SLOT_KINDS, 'outside-slots'];
const EQUIPMENT = ['school', 'personal'];

export function scopeOf(applies: Applies | undefined): Scope {
  const equipment = applies?.equipment ? [applies.equipment] : EQUIPMENT;
  const points = (applies?.slots ?? SLOTS).flatMap((slot) =>
    (applies?.zones ?? ZONE_KINDS).flatMap((zone) => equipment.map((e) => `${slot} ${zone} ${e}`)),
  );
  return new Set(points);
}

/** The slots and zones a scope leaves over; a list is left out where it takes them all. */
export function narrowedTo(scope: Scope): Pick<Applies, 'slots' | 'zones'> {
  const part = <T extends string>(kinds: readonly T[], all: number, place: number): T[] | undefined => {
    const there = new Set([...scope].map((point) => point.split(' ')[place]));
    return there.size === all ? undefined : kinds.filter((kind) => there.has(kind));
  };
  const slots = part(SLOT_KINDS, SLOTS.length, 0);
  const zones = part(ZONE_KINDS, ZONE_KINDS.length, 1);
  return { ...(slots && { slots }), ...(zones && { zones }) };
}

/** Everybody who says something of an action. */
export function voices(doc: PolicyDocument): Voice[] {
  return [...ruleVoices(doc), ...textVoices(doc), ...deviceVoices(doc)];
}

function* ruleVoices(doc: PolicyDocument): Generator<Voice> {
  for (const [i, { id, clause, action, applies, cells }] of doc.rules.entries()) {
    for (const [audience, cell] of Object.entries(cells) as [Audience, Cell][]) {
      const more = 'windows' in cell ? cell.windows : 'people' in cell ? cell.people : [];
      yield {
        pointer: `/rules/${i}`,
        clause,
        kind: 'rule',
        name: `rule ${id}`,
        action,
        audience,
        value: cell.value,
        detail: JSON.stringify(more),
        coarse: false,
        scope: scopeOf(applies),
      };
    }
  }
}

function* textVoices(doc: PolicyDocument): Generator<Voice> {
  const say = (s: Statement, pointer: string, clause: string, name: string): Voice => {
    const { action, audience, value, applies } = s;
    const rest = { detail: null, coarse: false, scope: scopeOf(applies) };
    return { pointer, clause, kind: 'text', name, action, audience, value, ...rest };
  };
  for (const [i, clause] of doc.clauses.entries()) {
    for (const [j, s] of (clause.says ?? []).entries()) {
      yield say(s, `/clauses/${i}/says/${j}`, clause.id, `clause ${clause.number}`);
    }
  }
  for (const [i, agreement] of doc.agreements.entries()) {
    for (const [j, term] of agreement.terms.entries()) {
      for (const [k, s] of (term.says ?? []).entries()) {
        yield say(s, `/agreements/${i}/terms/${j}/says/${k}`, agreement.clause, `term ${term.row}`);
      }
    }
  }
}

/** Whose own devices they are. What the school owns or has authorised is nobody's own. */
const OWNERS: Readonly<Record<DeviceClass['ownership'], Audience | null>> = {
  school: null,
  scheme: null,
  child: 'pupil',
  staff: 'staff',
  visitor: 'guest',
};

/** DEV-08: what the device table says of bringing a device of one's own and of putting it on the network. */
function* deviceVoices(doc: PolicyDocument): Generator<Voice> {
  for (const [i, { name, ownership, cells, clause }] of doc.devices.entries()) {
    const audience = OWNERS[ownership];
    if (!audience) continue;
    const said = [
      { action: 'bring-personal-device', open: cells.inSchool, coarse: true },
      { action: 'connect-own-device', open: !cells.none, coarse: false },
    ];
    for (const { action, open, coarse } of said) {
      yield {
        pointer: `/devices/${i}`,
        clause,
        kind: 'device',
        name: `device class “${name}”`,
        action,
        audience,
        value: open ? 'allowed' : 'not-allowed',
        detail: null,
        coarse,
        scope: scopeOf(undefined),
      };
    }
  }
}

/** Every contradiction among the voices; one that stands alike for several audiences is told once. */
export function clashes(all: readonly Voice[]): Clash[] {
  const found: Clash[] = [];
  for (const group of Map.groupBy(all, (v) => `${v.action} ${v.audience}`).values()) {
    for (const clash of [...knots('answers', group), ...knots('scope', group)]) {
      const same = found.findIndex((other) => alike(clash, other));
      const other = found[same];
      if (!other) found.push(clash);
      else {
        const [audiences, voices] = [other.audiences.concat(clash.audiences), other.voices.concat(clash.voices)];
        found[same] = { ...other, audiences, voices };
      }
    }
  }
  return found;
}

/** The same sentences for other people: pupils, staff and guests in one row, or each in a row of their own. */
function alike(a: Clash, b: Clash): boolean {
  const answers = (c: Clash): string => [...new Set(c.voices.map((v) => v.value))].sort().join();
  const shared = a.voices.some((v) => b.voices.some((w) => w.name === v.name && w.value === v.value));
  const same = a.kind === b.kind && a.action === b.action && answers(a) === answers(b);
  return shared && same && a.scope.symmetricDifference(b.scope).size === 0;
}

/** Voices that clash in pairs hang together: three answers to one question are one contradiction. */
function knots(kind: Clash['kind'], group: readonly Voice[]): Clash[] {
  const clashing = kind === 'answers' ? contradict : speakOfPart;
  const pairs = group.flatMap((a, i) => group.slice(i + 1).flatMap((b) => (clashing(a, b) ? [[a, b] as const] : [])));
  const found: { voices: Set<Voice>; scope: Scope }[] = [];
  for (const [a, b] of pairs) {
    const touching = found.filter((k) => k.voices.has(a) || k.voices.has(b));
    let scope = a.scope.intersection(b.scope);
    const members = new Set([a, b]);
    for (const knot of touching) {
      scope = scope.union(knot.scope);
      for (const voice of knot.voices) members.add(voice);
      found.splice(found.indexOf(knot), 1);
    }
    found.push({ voices: members, scope });
  }
  return found.flatMap((knot) => {
    const members = group.filter((v) => knot.voices.has(v));
    const [first] = members;
    if (!first) return [];
    return [{ kind, action: first.action, audiences: [first.audience], voices: members, scope: knot.scope }];
  });
}

function contradict(a: Voice, b: Voice): boolean {
  if ((a.kind === 'device' && b.kind === 'device') || a.scope.isDisjointFrom(b.scope)) return false;
  if (a.coarse || b.coarse) return isShut(a.value) !== isShut(b.value);
  if (isShut(a.value) && isShut(b.value)) return false;
  return a.value !== b.value || (a.detail !== null && b.detail !== null && a.detail !== b.detail);
}

/**
 * The same answer, but only in one place: its readers think that elsewhere it is otherwise. Times are no such part,
 * since a table tells the day slot by slot.
 */
function speakOfPart(a: Voice, b: Voice): boolean {
  if (a.value !== b.value) return false;
  const zones = (v: Voice) => new Set([...v.scope].map((point) => point.split(' ')[1]));
  const within = (part: Voice, whole: Voice) =>
    part.scope.isSubsetOf(whole.scope) && zones(part).size < zones(whole).size;
  return within(a, b) || within(b, a);
}

const isShut = (value: Cell['value']): boolean => STRICTNESS[value] >= STRICTNESS['not-allowed'];

/** Whether a text is somewhere stricter than everything that the software obeys there. */
export function promisesMore(text: Voice, all: readonly Voice[]): boolean {
  if (text.value === 'allowed') return false;
  const binding = all.filter((v) => v.kind !== 'text' && v.action === text.action && v.audience === text.audience);
  return [...text.scope].some((point) =>
    binding.every((v) => !v.scope.has(point) || STRICTNESS[v.value] < STRICTNESS[text.value]),
  );
}

/** Two rules that answer differently for the same kinds of site, though they speak of different actions (UAR-26). */
export interface CategoryClash {
  readonly rules: readonly [number, number];
  readonly categories: readonly string[];
  readonly audiences: readonly Audience[];
}

export function categoryClashes({ rules }: PolicyDocument): CategoryClash[] {
  return rules.flatMap((a, i) =>
    rules.slice(i + 1).flatMap((b, j): CategoryClash[] => {
      const categories = a.categories.filter((c) => b.categories.includes(c));
      if (a.action === b.action || categories.length === 0) return [];
      const audiences = (Object.keys(a.cells) as Audience[]).filter((who) => {
        const [mine, other] = [a.cells[who], b.cells[who]];
        return mine && other && mine.value !== other.value && !(isShut(mine.value) && isShut(other.value));
      });
      return audiences.length > 0 ? [{ rules: [i, i + 1 + j], categories, audiences }] : [];
    }),
  );
}
