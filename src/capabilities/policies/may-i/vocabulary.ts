import {
  type Audience,
  type Category,
  type DeviceClass,
  type PersonKind,
  type PolicyDocument,
  profileFor,
  type Rule,
  UNIDENTIFIED,
  type ZoneKind,
} from '#policy/index.ts';
import { meaning, normalise, stem } from './plain.ts';

/** What one can ask about, by which words, in one school: made from its policy, so that it knows no more than that. */
export interface Vocabulary {
  readonly topics: readonly Topic[];
  readonly devices: readonly DeviceClass[];
  /** Groups of people by the words for them, as `who` of a question. */
  readonly groups: readonly { readonly words: string; readonly who: string }[];
  readonly zones: readonly { readonly name: string; readonly kind: ZoneKind }[];
  /** All of an audience, as `who` of a question. */
  readonly anybody: (audience: Audience) => string;
  /** The profile of a kind of person, as `who` of a question. */
  readonly whoIs: (kind: PersonKind, year?: number) => string;
  readonly audienceOf: (who: string) => Audience | null;
  /** Whose question it is; null where nobody is signed in. */
  readonly me: Audience | null;
  /** The day of the week, Monday 1. */
  readonly today: number;
}

export interface Topic {
  /** `action:use-messaging-apps` or `category:drugs`. */
  readonly what: string;
  readonly name: string;
  /** Who the policy speaks of here; a question about others is less likely meant. */
  readonly audiences: readonly Audience[];
  readonly phrases: readonly (readonly string[])[];
  /** The first word of the action, as a stem: what one does. */
  readonly verb: string;
  /** Whether what the policy says here depends on when or where. */
  readonly conditional: boolean;
}

export const AUDIENCES = ['pupil', 'staff', 'guest'] as const;

export function vocabularyOf(
  document: PolicyDocument,
  categories: readonly Category[],
  zones: Vocabulary['zones'],
  me: Audience | null,
  today: number,
): Vocabulary {
  const profiles = document.profiles.filter((p) => p.id !== UNIDENTIFIED);
  const anybody = (audience: Audience) => {
    const [only, ...more] = profiles.filter((p) => p.audience === audience);
    return only && more.length === 0 ? only.id : anyOf(audience);
  };
  return {
    topics: [...actionTopics(document, categories), ...categoryTopics(document, categories)],
    devices: document.devices,
    groups: [
      ...document.profiles.filter((p) => p.id !== UNIDENTIFIED).map((p) => ({ words: normalise(p.name), who: p.id })),
      ...document.settings.guests.types.map((t) => ({ words: normalise(t), who: anybody('guest') })),
    ],
    zones,
    whoIs: (kind, year) => {
      const profile = profileFor(document, { kind, year: year ?? null });
      return profile === UNIDENTIFIED ? anybody('pupil') : profile;
    },
    anybody,
    audienceOf: (who) =>
      AUDIENCES.find((a) => who === anyOf(a)) ?? profiles.find((p) => p.id === who)?.audience ?? null,
    me,
    today,
  };
}

const anyOf = (audience: Audience): string => `any:${audience}`;

function actionTopics(document: PolicyDocument, categories: readonly Category[]): Topic[] {
  return [...Map.groupBy(document.rules, (r) => r.action)].map(([action, rules]) => {
    const own = new Set(rules.flatMap((r) => r.categories));
    const names = categories.filter((c) => own.has(c.id)).map((c) => c.name);
    const spoken = [
      ...rules.flatMap(phrases),
      ...[action.replaceAll('-', ' '), ...names].map((text) => meaning(normalise(text))),
    ];
    // What is about people's own things is asked with "my" as well as without.
    const ones = meaning(action.replaceAll('-', ' ')).includes(OWN) ? spoken.map((p) => [...p, OWN]) : [];
    return {
      what: `action:${action}`,
      name: sentence(action),
      audiences: AUDIENCES.filter((a) => rules.some((r) => r.cells[a])),
      phrases: phrasesOf([...spoken, ...ones]),
      verb: stem(action.split('-')[0] ?? ''),
      conditional: rules.some((r) => r.applies?.slots || r.applies?.zones),
    };
  });
}

/** Categories that no rule names are still filtered, by profile; one may ask for them too. */
function categoryTopics(document: PolicyDocument, categories: readonly Category[]): Topic[] {
  const ruled = new Set(document.rules.flatMap((r) => r.categories));
  return categories
    .filter((c) => !ruled.has(c.id) && c.nature !== 'technical')
    .map((c) => ({
      what: `category:${c.id}`,
      name: c.name,
      audiences: AUDIENCES,
      phrases: phrasesOf([c.name, c.id.replaceAll('-', ' ')].map((text) => meaning(normalise(text)))),
      verb: '',
      conditional: false,
    }));
}

/** "use-messaging-apps" as people read it. */
const sentence = (action: string): string => action.charAt(0).toUpperCase() + action.slice(1).replaceAll('-', ' ');

/** A rule's name without those it is for, and what only says when or where without that: the question says it elsewhere. */
function phrases(rule: Rule): string[][] {
  const own = [rule.name, ...(rule.words ?? [])].map((text) => meaning(normalise(text)));
  const name = (own[0] ?? []).filter((w) => !PEOPLE.has(w));
  const conditional = rule.applies?.slots || rule.applies?.zones;
  const bare = conditional ? [name, ...own].map((p) => p.filter((w) => !PEOPLE.has(w) && !CIRCUMSTANCE.has(w))) : [];
  return [...own, name, ...bare];
}

const stems = (text: string): ReadonlySet<string> => new Set(meaning(text));
const PEOPLE = stems('pupil staff adult parent guest teacher');
const CIRCUMSTANCE = stems(
  'lesson lessons class break lunch club clubs school activities activity tutor tutoring social time inside main building',
);

const [OWN = 'own'] = meaning('own');

const phrasesOf = (all: readonly (readonly string[])[]): string[][] => [
  ...new Map(all.filter((p) => p.length > 0).map((p) => [p.join(' '), [...new Set(p)]])).values(),
];
