import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { School } from '#platform/school.ts';
import { LEADING_ROLES, profileFor, SLOT_KINDS, UNIDENTIFIED, ZONE_KINDS } from '#policy/index.ts';
import type { Viewer } from '#web/index.ts';
import { type PolicyInForce, policyInForce, taxonomy } from '../policies.service.ts';
import { DAY_NAMES, zonesOf } from '../school-day/index.ts';
import { type About, type Answer, answerOf, oneOf } from './answer.ts';
import { type Asked, NOTHING, parseQuestion } from './may-i.rules.ts';
import { AUDIENCES, type Vocabulary, vocabularyOf } from './vocabulary.ts';
import { changesOf, EQUIPMENT, EQUIPMENT_KINDS, grantHref, HEADLINES, SHORT, SLOTS, ZONES } from './words.ts';

/** In plain words, or by the drop-downs of the page. */
export type Question = { readonly q: string } | Asked;

const EXAMPLES = [
  'May a Year 9 pupil use a messaging app at lunch?',
  'Can I bring a phone to school?',
  'Can I play games at break?',
  'May a visitor’s laptop use the network?',
  'May a teacher take pictures of pupils with the school camera?',
  'Can I get round the filter?',
];

/** The page "May I?": how the question was understood, the answer of the policy in force, and all of its why. */
export async function mayIPage(tx: Tx, deps: Deps, school: School, viewer: Viewer | null, question: Question | null) {
  const now = deps.clock.now();
  const policy = await policyInForce(tx, now);
  if (!policy) return { school, policy: null };
  const me = viewer && aboutMe(policy, viewer);
  const today = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(school.timeZone).dayOfWeek;
  const zones = await zonesOf(tx);
  const vocabulary = vocabularyOf(policy.document, taxonomy().categories, zones, me?.audience ?? null, today);
  const q = question && 'q' in question ? question.q : '';
  const read = question && ('q' in question ? parseQuestion(question.q, vocabulary) : question);
  const understood = { ...(read ?? NOTHING), who: whoOf(read?.who ?? '', vocabulary) };
  const about = understood.who === 'me' && me ? me : aboutOf(understood.who, vocabulary);
  const answer = read && answerOf(policy, understood, about, now);
  return {
    school,
    policy: {
      number: policy.number,
      from: policy.from,
      title: policy.document.title,
      version: policy.compiled.version,
    },
    clauses: policy.compiled.clauses,
    q,
    asked: read !== null,
    understood,
    said: answer && saidOf(understood, policy, vocabulary),
    answer: answer && shown(policy, answer, about, viewer),
    choices: choicesOf(policy, vocabulary, viewer !== null),
    examples: EXAMPLES.filter((e) => parseQuestion(e, vocabulary).what !== ''),
  };
}

/** Whoever asks and says nothing of others asks for themselves; where nobody is signed in, for pupils. */
function whoOf(who: string, { me, anybody, audienceOf }: Vocabulary): string {
  if (me !== null && (who === '' || who === 'me')) return 'me';
  return audienceOf(who) === null ? anybody('pupil') : who;
}

function aboutMe({ document }: PolicyInForce, { person }: Viewer): About {
  const profile = profileFor(document, { kind: person.kind, year: person.yearGroup });
  const audience = document.profiles.find((p) => p.id === profile)?.audience ?? 'pupil';
  return { audience, profile, person: person.id };
}

function aboutOf(who: string, { audienceOf, anybody }: Vocabulary): About {
  const audience = audienceOf(who) ?? 'pupil';
  const whole = who === anybody(audience) && who.startsWith('any:');
  return { audience, profile: whole ? null : who, person: null };
}

const ANYBODY = { pupil: 'Any pupil', staff: 'Anybody who works here', guest: 'Any guest' } as const;

function choicesOf({ document }: PolicyInForce, { topics, anybody, devices }: Vocabulary, signedIn: boolean) {
  const profiles = document.profiles.filter((p) => p.id !== UNIDENTIFIED);
  const options = (prefix: string) =>
    topics
      .filter((t) => t.what.startsWith(prefix))
      .map((t) => ({ value: t.what, text: t.name }))
      .sort((a, b) => a.text.localeCompare(b.text, 'en'));
  return {
    what: [
      { label: 'Doing something', options: options('action:') },
      { label: 'Kinds of site', options: options('category:') },
      { label: 'A device on the network', options: devices.map((d) => ({ value: `device:${d.id}`, text: d.name })) },
    ],
    who: [
      ...(signedIn ? [{ value: 'me', text: 'Me' }] : []),
      ...AUDIENCES.flatMap((a) => (anybody(a).startsWith('any:') ? [{ value: anybody(a), text: ANYBODY[a] }] : [])),
      ...profiles.map((p) => ({ value: p.id, text: p.name })),
    ],
    when: [
      { value: '', text: 'At any time of the school day' },
      { value: 'now', text: 'Now' },
      ...SLOT_KINDS.map((s) => ({ value: s, text: capital(SLOTS[s]) })),
      { value: 'at', text: 'On a day at a time:' },
    ],
    day: [{ value: '', text: 'Any day' }, ...DAY_NAMES.map((text, i) => ({ value: String(i + 1), text }))],
    zone: [{ value: '', text: 'Anywhere' }, ...ZONE_KINDS.map((z) => ({ value: z, text: capital(ZONES[z]) }))],
    equipment: [
      { value: '', text: 'Not said' },
      ...EQUIPMENT_KINDS.map((e) => ({ value: e, text: capital(EQUIPMENT[e]) })),
    ],
  };
}

/** The question as it was understood, in one line. */
function saidOf(asked: Asked, policy: PolicyInForce, vocabulary: Vocabulary): string {
  const { who, what, day } = choicesOf(policy, vocabulary, true);
  const text = (all: readonly { value: string; text: string }[], value: string) =>
    all.find((o) => o.value === value)?.text ?? '';
  const slot = oneOf(SLOT_KINDS, asked.when);
  const zone = oneOf(ZONE_KINDS, asked.zone);
  const equipment = oneOf(EQUIPMENT_KINDS, asked.equipment);
  const onDay = asked.day && (asked.when === 'at' || slot || asked.when === '') ? `on ${text(day, asked.day)}` : '';
  return [
    text(who, asked.who),
    text(
      what.flatMap((g) => g.options),
      asked.what,
    ),
    asked.when === 'at'
      ? `${onDay} at ${asked.time}`.trim()
      : [slot ? SLOTS[slot] : asked.when === 'now' ? 'now' : '', onDay].filter(Boolean).join(' '),
    zone && ZONES[zone],
    equipment && EQUIPMENT[equipment],
  ]
    .filter(Boolean)
    .join(' · ');
}

function shown(policy: PolicyInForce, answer: Answer, about: About, viewer: Viewer | null) {
  const staff = viewer?.duties.includes('staff') ?? false;
  const titles = policy.document.roles.filter((r) => r.id === 'head' || LEADING_ROLES.includes(r.id));
  const leaders = titles.map((r) => r.title).join(' or ') || 'head';
  return {
    ...answer,
    headline: HEADLINES[answer.verdict],
    tone: TONES[answer.verdict] ?? 'quiet',
    cases: answer.cases.map((c) => ({
      ...c,
      short: SHORT[c.verdict],
      holds: c.holds.join(', '),
      grantHref: staff ? grantHref(c, about.audience) : null,
    })),
    changes: changesOf(answer, leaders, about.audience === 'pupil').map((c) =>
      // The school's day is read by those who work here.
      staff || !c.href?.startsWith('/settings') ? c : { text: c.text },
    ),
    trace: [
      ...new Map(answer.cases.flatMap((c) => c.trace).map((s) => [`${s.rule} ${s.clause} ${s.why}`, s])).values(),
    ],
    reasons: reasonsOf(answer),
    remark: remarkOf(answer),
  };
}

/** Each clause once, with all of its rules that decided. */
const reasonsOf = ({ cases }: Answer) =>
  [...Map.groupBy(cases, (c) => c.clause)].flatMap(([clause, of]) =>
    clause === null ? [] : [{ clause, names: [...new Set(of.flatMap((c) => c.name ?? []))] }],
  );

/** Allowed is calm; nothing here is red, since a question is no danger. */
const TONES: Readonly<Record<string, string>> = { yes: 'calm', network: 'calm', internet: 'calm' };

const remarkOf = ({ unconfirmed, verdict }: Answer): string | null =>
  unconfirmed && verdict !== 'unconfirmed' ? 'The school is still to confirm this.' : null;

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
