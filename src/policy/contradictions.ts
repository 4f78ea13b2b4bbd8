import { type Clash, categoryClashes, clashes, narrowedTo, promisesMore, type Voice, voices } from './clashes.ts';
import type { Found, LintContext, Place } from './lint.ts';
import type { Finding } from './sections.ts';
import { type Audience, type Cell, type PolicyDocument, type Rule, STRICTNESS } from './types.ts';
import { about, audience } from './words.ts';

/** GOV-34: what the document says against itself, found by the program or recorded by people. */
export function* contradictions(doc: PolicyDocument, context: LintContext): Generator<Found> {
  const structural = [...answers(doc), ...kindsOfSite(doc, context), ...sanctions(doc)];
  const recorded = new Set<Finding>();
  const decided = new Set<string>();
  for (const found of structural) {
    const finding = narrowest(doc.findings, found.where);
    if (finding) recorded.add(finding);
    if (doc.settled.some((s) => s.clash === found.key || s.clash === finding?.id)) {
      for (const { pointer } of found.where) decided.add(pointer);
    }
    yield finding ? inTheWordsOf(finding, found) : found;
  }
  for (const [i, finding] of doc.findings.entries()) {
    if (recorded.has(finding)) continue;
    const where = [{ pointer: `/findings/${i}`, clause: null }, ...finding.clauses.map((c) => placeOfClause(doc, c))];
    const { id, title, text, interim } = finding;
    yield { code: 'finding', key: id, title, text, where, interim };
  }
  yield* stricterTexts(doc, decided);
}

/** People's own finding about the same clauses says it better than a program. */
function narrowest(findings: readonly Finding[], where: readonly Place[]): Finding | undefined {
  const clauses = new Set(where.flatMap((w) => (w.clause === null ? [] : [w.clause])));
  return findings
    .filter((f) => clauses.size > 0 && clauses.isSubsetOf(new Set(f.clauses)))
    .sort((a, b) => a.clauses.length - b.clauses.length)[0];
}

const inTheWordsOf = (finding: Finding, found: Found): Found => ({
  ...found,
  title: finding.title,
  text: `${finding.text} ${found.text}`,
  interim: finding.interim,
  alias: finding.id,
});

const placeOfClause = (doc: PolicyDocument, clause: string): Place => ({
  pointer: `/clauses/${doc.clauses.findIndex((c) => c.id === clause)}`,
  clause,
});

const VALUE: Readonly<Record<Cell['value'], string>> = {
  allowed: 'allowed',
  'not-allowed': 'not allowed',
  illegal: 'against the law',
  times: 'at certain times',
  selected: 'for people on a list',
  nominated: 'for nominated people',
  permission: 'with permission',
};

const list = new Intl.ListFormat('en-GB', { type: 'conjunction' });
const words = (parts: readonly string[]): string => list.format(new Set(parts));
const whom = (audiences: readonly Audience[]): string => words(audiences.map(audience));
const plain = (slug: string): string => slug.replaceAll('-', ' ');
const capital = (text: string): string => text.replace(/^./, (first) => first.toUpperCase());

/** An action in the words of its first rule, else in those of its id. */
function nameOf(doc: PolicyDocument, action: string): string {
  const own = doc.rules.filter((r) => r.action === action);
  return own.length === 1 && own[0] ? own[0].name : capital(plain(action));
}

function answers(doc: PolicyDocument): Found[] {
  return clashes(voices(doc)).map((clash): Found => {
    const { kind, action, audiences } = clash;
    const values = [...new Set(clash.voices.map((v) => v.value))].sort((a, b) => STRICTNESS[b] - STRICTNESS[a]);
    const { slots = [], zones = [] } = narrowedTo(clash.scope);
    const where = [...slots, ...zones].join('+') || 'always';
    const said = values.length > 1 ? values.map((v) => VALUE[v]).join(', or ') : 'at which times, or who';
    const when = slots.length > 0 ? ` (${about({ slots })})` : '';
    const name = nameOf(doc, action);
    return {
      code: kind,
      key: [kind, action, audiences.join('+'), where, values.join('+')].join(':'),
      title:
        kind === 'scope'
          ? `${name}: ${values.map((v) => VALUE[v]).join()} in one place, or everywhere? For ${whom(audiences)}${when}`
          : `${name}: ${said}? For ${whom(audiences)}${when}`,
      text: `${sentence(clash)}.`,
      where: places(clash.voices),
      interim: kind === 'scope' ? 'The wider of the two holds.' : whatHolds(clash.voices),
    };
  });
}

/** "Rule COM-08 says not allowed; clause 8.1 says allowed" */
function sentence({ voices, audiences }: Clash): string {
  const said = voices.map((v) => {
    const { zones } = narrowedTo(v.scope);
    const forWhom = audiences.length > 1 && !everybody(voices, v, audiences) ? ` for ${audience(v.audience)}` : '';
    return `${v.name} says ${VALUE[v.value]}${forWhom}${zones ? ` (${about({ zones })})` : ''}`;
  });
  return capital([...new Set(said)].join('; '));
}

const everybody = (voices: readonly Voice[], one: Voice, audiences: readonly Audience[]): boolean =>
  audiences.every((a) => voices.some((v) => v.name === one.name && v.value === one.value && v.audience === a));

function places(voices: readonly Voice[]): Place[] {
  return [...new Map(voices.map((v) => [v.pointer, { pointer: v.pointer, clause: v.clause }])).values()];
}

const strictest = (voices: readonly Voice[]): Voice | undefined =>
  voices.reduce<Voice | undefined>((a, b) => (a && STRICTNESS[a.value] >= STRICTNESS[b.value] ? a : b), undefined);

/** The strictest of what the software obeys decides; a text that is stricter still is said to be. */
function whatHolds(all: readonly Voice[]): string {
  const binding = all.filter((v) => v.kind !== 'text');
  const obeyed = strictest(binding);
  const overall = strictest(all);
  if (!obeyed || !overall) return 'The stricter text counts. No rule of the software speaks of it.';
  const undisputed = binding.every((v) => v.value === obeyed.value);
  const holds = `${undisputed ? 'The software obeys' : 'The stricter rule holds'}: ${VALUE[obeyed.value]} (${obeyed.name}).`;
  return STRICTNESS[overall.value] > STRICTNESS[obeyed.value]
    ? `${holds} People keep to ${overall.name}, which is stricter still.`
    : holds;
}

/** UAR-26: rules of different actions that tie different answers to one kind of site. */
function kindsOfSite(doc: PolicyDocument, { taxonomy }: LintContext): Found[] {
  const nameOfKind = (id: string): string => taxonomy.find((c) => c.id === id)?.name ?? plain(id);
  return categoryClashes(doc).flatMap(({ rules, categories, audiences }): Found[] => {
    const [a, b] = rules.map((i) => doc.rules[i]);
    if (!a || !b) return [];
    const kinds = words(categories.map((id) => `“${nameOfKind(id)}”`));
    const said = (rule: Rule) => `rule ${rule.id} says ${byAudience(audiences, (who) => VALUE[answerOf(rule, who)])}`;
    const stricter = (who: Audience): Rule => (STRICTNESS[answerOf(a, who)] >= STRICTNESS[answerOf(b, who)] ? a : b);
    const held = byAudience(audiences, (who) => `${VALUE[answerOf(stricter(who), who)]} (rule ${stricter(who).id})`);
    const answered = new Set(audiences.map((who) => `${answerOf(a, who)}/${answerOf(b, who)}`));
    return [
      {
        code: 'categories',
        key: ['categories', `${a.id}+${b.id}`, categories.join('+'), [...answered].join('+')].join(':'),
        title: `${kinds}: rules ${a.id} and ${b.id} differ for ${whom(audiences)}`,
        text: `About ${kinds}, ${said(a)}; ${said(b)}.`,
        where: rules.map((i) => ({ pointer: `/rules/${i}`, clause: doc.rules[i]?.clause ?? null })),
        interim: `The stricter rule holds: ${held}.`,
      },
    ];
  });
}

/** Only for audiences of which the rule does speak. */
const answerOf = (rule: Rule, who: Audience): Cell['value'] => rule.cells[who]?.value ?? 'not-allowed';

/** "not allowed for staff and pupils, at certain times for guests" */
const byAudience = (audiences: readonly Audience[], say: (who: Audience) => string): string =>
  [...Map.groupBy(audiences, say)].map(([said, who]) => `${said} for ${whom(who)}`).join(', ');

/** A table that marks every action for every incident tells nobody what is in proportion (SAN-05..24). */
function sanctions(doc: PolicyDocument): Found[] {
  const marked = (['pupil', 'staff'] as const).flatMap((who) => {
    const { table } = doc.sanctions[who];
    const mine = table?.incidents.filter((i) => i.inPolicy) ?? [];
    if (!table || mine.length === 0 || table.actions.length < 2) return [];
    const all = mine.every((i) => table.actions.every((a) => (i.cells[a.id] ?? 'not-available') !== 'not-available'));
    return all ? [{ who, table, cells: mine.length * table.actions.length }] : [];
  });
  if (marked.length === 0) return [];
  const tables = words(marked.map((m) => `“${m.table.name}” (${m.cells} cells)`));
  return [
    {
      code: 'all-marked',
      key: `all-marked:${marked.map((m) => m.who).join('+')}`,
      title: 'Every action is marked for every incident',
      text: `Marked throughout, from the mildest action to the gravest, and so choosing nothing: ${tables}.`,
      where: marked.map(({ who, table }) => ({ pointer: `/sanctions/${who}/table`, clause: table.clause })),
      interim: 'The table is a menu: whoever chooses from it gives a reason why the choice is in proportion.',
    },
  ];
}

/** The stricter rule holds only where a rule says it; a text that is stricter promises what nothing keeps. */
function* stricterTexts(doc: PolicyDocument, decided: ReadonlySet<string>): Generator<Found> {
  const all = voices(doc);
  const stricter = all.filter((v) => v.kind === 'text' && !decided.has(v.pointer) && promisesMore(v, all));
  for (const same of Map.groupBy(stricter, (v) => `${v.name} ${v.action} ${v.value}`).values()) {
    const [text] = same;
    const where = places(same);
    if (!text || narrowest(doc.findings, where)) continue;
    const heard = all.filter(
      (v) => v.kind !== 'text' && same.some((s) => s.action === v.action && s.audience === v.audience),
    );
    const obeyed = words(heard.map((v) => `“${VALUE[v.value]}” (${v.name})`));
    yield {
      code: 'stricter-text',
      key: ['stricter-text', text.clause, text.action, text.value].join(':'),
      title: `${capital(text.name)} promises more than the software does`,
      text: `It says “${VALUE[text.value]}” of “${nameOf(doc, text.action)}” for ${whom(same.map((v) => v.audience))}. ${
        heard.length > 0
          ? `The software obeys ${obeyed}, which is less, or not for every time and place that the text means.`
          : 'No rule of the software speaks of it.'
      }`,
      where,
    };
  }
}
