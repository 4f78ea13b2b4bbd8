import { narrowedTo, type Scope, scopeOf } from '#policy/clashes.ts';
import {
  type Audience,
  type Category,
  type CompiledCell,
  compilePolicy,
  diffPolicies,
  type EvidenceLevel,
  explainSetting,
  modesOf,
  type PersonKind,
  type PolicyDocument,
  profileFor,
  type SafeModes,
  type SchoolFacts,
  SECTIONS,
  SETTINGS,
  UNIDENTIFIED,
} from '#policy/index.ts';
import { type Lint, lint } from '#policy/lint.ts';
import { answerAt, CLOSED, OPEN, spoken, together } from './answers.rules.ts';

/** What the software would do differently, in sentences that are computed from what it obeys. */
export interface Effect {
  readonly groups: readonly { readonly title: string; readonly lines: readonly EffectLine[] }[];
  /** Contradictions that were not there before, and those that are gone. */
  readonly clashes: readonly { readonly said: string; readonly text: string }[];
  readonly gone: readonly string[];
  /** What is written otherwise without any part of the software acting otherwise, by part of the document. */
  readonly texts: readonly { readonly title: string; readonly count: number }[];
  readonly changes: number;
}
export interface EffectLine {
  readonly said: string;
  readonly before: string;
  /** How many people of this school it is about; null where that cannot be said. */
  readonly people: number | null;
  /** Written down, and obeyed by no part of the software yet. */
  readonly later: boolean;
}

export interface EffectContext {
  readonly facts: SchoolFacts;
  readonly taxonomy: readonly Category[];
  /** YYYY-MM-DD */
  readonly today: string;
  readonly people: readonly { readonly kind: PersonKind; readonly year: number | null; readonly n: number }[];
}

export function effectOf(old: PolicyDocument, now: PolicyDocument, context: EffectContext): Effect {
  const changes = diffPolicies(old, now);
  const groups = [
    { title: 'On the web', lines: web(old, now, context) },
    { title: 'When somebody asks “May I?”', lines: actions(old, now, context) },
    { title: 'Devices on the network', lines: devices(old, now) },
    { title: 'Settings', lines: settings(old, now) },
    { title: 'Duties', lines: said(changes, 'duties') },
    { title: 'Sanctions offered in a case', lines: said(changes, 'sanctions') },
  ].filter((g) => g.lines.length > 0);
  const open = (doc: PolicyDocument): Lint[] =>
    lint(doc, context).filter((l) => l.severity === 'clash' && l.settled === null);
  const [was, is] = [open(old), open(now)];
  const fresh = (list: Lint[], other: Lint[]) => list.filter((l) => !other.some((o) => isPartOf(l, o)));
  const told = new Set(['rules', 'profiles', 'devices', 'settings', 'duties', 'sanctions']);
  return {
    groups,
    clashes: fresh(is, was).map((l) => ({ said: contradiction(now, l), text: `${l.text} ${l.interim ?? ''}`.trim() })),
    gone: fresh(was, is).map((l) => l.title),
    texts: [...Map.groupBy(changes, (c) => c.where.section)]
      .filter(([section]) => !told.has(section))
      .map(([section, list]) => ({ title: SECTIONS[section]?.[0] ?? section, count: list.length })),
    changes: changes.length,
  };
}

/** The same contradiction, for the same people or for some of them: `kind:action:audiences:when:answers` (contradictions.ts). */
function isPartOf(l: Lint, other: Lint): boolean {
  if (l.key === other.key) return true;
  const [a, b] = [l.key.split(':'), other.key.split(':')];
  const who = (parts: string[]) => new Set(parts[2]?.split('+'));
  const alike = a.length === 5 && a.every((part, i) => i === 2 || part === b[i]);
  return alike && who(a).isSubsetOf(who(b));
}

const LIST = new Intl.ListFormat('en-GB', { type: 'conjunction' });

/** "This would contradict clauses 5.6 and 7.2: …" */
function contradiction(doc: PolicyDocument, { where, title }: Lint): string {
  const ids = new Set(where.map((w) => w.clause));
  const numbers = doc.clauses.filter((c) => ids.has(c.id)).map((c) => c.number);
  const clauses = numbers.length === 1 ? 'clause' : 'clauses';
  return numbers.length > 0 ? `This would contradict ${clauses} ${LIST.format(numbers)}: ${title}` : title;
}

/** Every profile × category of which the filter would answer otherwise. */
function web(old: PolicyDocument, now: PolicyDocument, { facts, taxonomy, people }: EffectContext): EffectLine[] {
  const [was, is] = [compilePolicy(old, taxonomy, facts), compilePolicy(now, taxonomy, facts)];
  const counts = countBy(now, people);
  const answer = (doc: PolicyDocument, cells: readonly CompiledCell[] = []) => together(doc, facts, cells);
  const found = is.profiles.flatMap((profile) => {
    const before = was.profiles.find((p) => p.id === profile.id);
    const { id, name } = profile;
    if (!before) return [{ id, name, what: 'A new profile', said: 'begins', before: 'not there' }];
    const kinds = taxonomy.filter((c) => c.nature !== 'illegal' && c.nature !== 'help');
    const lines = kinds.flatMap((c) => {
      const a = answer(old, before.cells[c.id]);
      const b = answer(now, profile.cells[c.id]);
      return a.key === b.key ? [] : [{ id, name, what: c.name, said: b.said, before: a.said }];
    });
    const [sure, wasSure] = [profile.listEvidence ?? 'usual', before.listEvidence ?? 'usual'];
    if (sure !== wasSure) {
      lines.push({ id, name, what: 'Sites that lists name', said: SURENESS[sure], before: SURENESS[wasSure] });
    }
    const [modes, had] = [now, old].map((doc) => doc.profiles.find((p) => p.id === id)).map((p) => p && modesOf(p));
    if (modes && had && modes.safeSearch !== had.safeSearch) {
      lines.push({
        id,
        name,
        what: 'Search',
        said: SEARCH[`${modes.safeSearch}`],
        before: SEARCH[`${had.safeSearch}`],
      });
    }
    if (modes && had && modes.youtube !== had.youtube) {
      lines.push({ id, name, what: 'Films on YouTube', said: YOUTUBE[modes.youtube], before: YOUTUBE[had.youtube] });
    }
    if (before.uncategorised === profile.uncategorised) return lines;
    const say = (v: 'allow' | 'block') => (v === 'allow' ? OPEN.said : CLOSED.said);
    const rest = { what: 'Sites on no list', said: say(profile.uncategorised), before: say(before.uncategorised) };
    return [...lines, { id, name, ...rest }];
  });
  // The same of several kinds of site for the same profiles is one sentence.
  const perKind = [...Map.groupBy(found, (f) => `${f.what}\n${f.said}\n${f.before}`).values()];
  const alike = Map.groupBy(perKind, ([f, ...more]) =>
    [f?.said, f?.before, f?.id, ...more.map((m) => m.id)].join('\n'),
  );
  return [...alike.values()].flatMap((same): EffectLine[] => {
    const [first] = same[0] ?? [];
    if (!first) return [];
    const who = LIST.format((same[0] ?? []).map((f) => f.name));
    const what = LIST.format(same.map((s) => s[0]?.what ?? '').map((w) => w.charAt(0).toLowerCase() + w.slice(1)));
    const n = (same[0] ?? []).reduce((sum, f) => sum + (counts.get(f.id) ?? 0), 0);
    return [{ said: `${who}: ${what} ${first.said}`, before: first.before, people: n, later: false }];
  });
}

const SURENESS: Readonly<Record<EvidenceLevel, string>> = {
  careful: 'closed on a strong suspicion',
  usual: 'closed when lists are as sure as usual',
  sure: 'closed only when lists are certain',
};

const SEARCH = { true: 'with safe results only', false: 'with every result' } as const;
const YOUTUBE: Readonly<Record<SafeModes['youtube'], string>> = {
  none: 'without restriction',
  moderate: 'in moderate restricted mode',
  strict: 'in strict restricted mode',
};

/** People by the profile that the new document gives them. */
function countBy(doc: PolicyDocument, people: EffectContext['people']): Map<string, number> {
  const counts = new Map<string, number>();
  for (const p of people) {
    const profile = profileFor(doc, p);
    counts.set(profile, (counts.get(profile) ?? 0) + p.n);
  }
  return counts;
}

const WHO: Readonly<Record<Audience, string>> = { staff: 'Staff', pupil: 'Pupils', guest: 'Guests' };
const AUDIENCES: readonly Audience[] = ['staff', 'pupil', 'guest'];

/** Every action × audience of which “May I?” would answer otherwise, and when and where. */
function actions(old: PolicyDocument, now: PolicyDocument, { facts, people }: EffectContext): EffectLine[] {
  const counts = countBy(now, people);
  const all = new Set([...old.rules, ...now.rules].map((r) => r.action));
  return [...all].flatMap((action) =>
    AUDIENCES.flatMap((audience) => {
      const [was, is] = [spoken(old, action, audience, facts), spoken(now, action, audience, facts)];
      if (JSON.stringify(was) === JSON.stringify(is)) return [];
      const points = [...scopeOf(undefined)].map((point) => ({
        point,
        before: answerAt(old, facts, was, point),
        after: answerAt(now, facts, is, point),
      }));
      const changed = points.filter((p) => p.before.key !== p.after.key);
      const profiles = now.profiles.filter((p) => p.audience === audience && p.id !== UNIDENTIFIED);
      const n = profiles.reduce((sum, p) => sum + (counts.get(p.id) ?? 0), 0);
      return [...Map.groupBy(changed, (p) => `${p.before.said}\n${p.after.said}`).values()].flatMap(
        (same): EffectLine[] => {
          const [first] = same;
          if (!first) return [];
          const where = placeOf(new Set(same.map((s) => s.point)));
          const name = nameOf(now.rules.some((r) => r.action === action) ? now : old, action);
          const said = `${name}, ${WHO[audience].toLowerCase()}${where}: ${asLeave(first.after.said)}`;
          return [{ said, before: asLeave(first.before.said), people: n, later: false }];
        },
      );
    }),
  );
}

/** Sites are open, people are allowed. */
const asLeave = (said: string): string => said.replace(/^open\b/, 'allowed').replace(/^closed\b/, 'not allowed');

function nameOf(doc: PolicyDocument, action: string): string {
  const own = doc.rules.filter((r) => r.action === action);
  const plain = action.replaceAll('-', ' ');
  return own.length === 1 && own[0] ? own[0].name : plain.charAt(0).toUpperCase() + plain.slice(1);
}

function placeOf(scope: Scope): string {
  const { slots, zones = [] } = narrowedTo(scope);
  const names = slots?.length === 0 ? ['other times'] : (slots ?? []).map((s) => s.replaceAll('-', ' '));
  const when = names.length > 0 ? ` at ${LIST.format(names)}` : '';
  return `${when}${zones.length > 0 ? ` (${LIST.format(zones.map((z) => z.replaceAll('-', ' ')))})` : ''}`;
}

function devices(old: PolicyDocument, now: PolicyDocument): EffectLine[] {
  const level = (doc: PolicyDocument, id: string): string => {
    const cells = doc.devices.find((d) => d.id === id)?.cells;
    if (!cells) return 'no network, since the class is not there';
    const reach = cells.full ? 'the whole network' : cells.internetOnly ? 'the internet only' : 'no network';
    return `${reach}${cells.inSchool ? '' : ', and not in school'}`;
  };
  const ids = new Set([...old.devices, ...now.devices].map((d) => d.id));
  return [...ids].flatMap((id): EffectLine[] => {
    const [before, after] = [level(old, id), level(now, id)];
    if (before === after) return [];
    const name = [...now.devices, ...old.devices].find((d) => d.id === id)?.name ?? id;
    return [{ said: `${name}: ${after}`, before, people: null, later: false }];
  });
}

/** Settings by their own sentences; those that are cells or classes were told above. */
function settings(old: PolicyDocument, now: PolicyDocument): EffectLine[] {
  return SETTINGS.filter((s) => !s.at.every((p) => /^\/(rules|devices|profiles|sanctions)\//.test(p))).flatMap(
    (s): EffectLine[] => {
      const [before, after] = [explainSetting(old, s.id), explainSetting(now, s.id)];
      return before === after ? [] : [{ said: `${s.topic}: ${after}`, before, people: null, later: s.later === true }];
    },
  );
}

const said = (changes: ReturnType<typeof diffPolicies>, section: string): EffectLine[] =>
  changes
    .filter((c) => c.where.section === section)
    .map((c) => ({
      said: c.said.replace(/: was .*, is now (.*)\.$/s, ': $1'),
      before: c.was ?? 'not there',
      people: null,
      later: false,
    }));
