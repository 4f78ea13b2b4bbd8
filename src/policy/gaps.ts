import type { Found, LintContext } from './lint.ts';
import { UNFAIR_USE } from './safety.ts';
import type { Modules, Phase, Settings } from './sections.ts';
import { type Audience, type Cell, EVIDENCE_LEVELS, type PolicyDocument, type Profile, type Rule } from './types.ts';

/** What is not there: documents, values, people, confirmations; and what is there though nobody uses it. */
export function* gaps(doc: PolicyDocument, context: LintContext): Generator<Found> {
  yield* documents(doc, context);
  yield* numbers(doc);
  yield* narrowed(doc);
  yield* classes(doc);
  yield* youngerLess(doc);
  yield* phases(doc);
  yield* modules(doc);
  yield* vacancies(doc, context);
  yield* undefinedRoles(doc);
  yield* cover(doc);
  yield* settings(doc);
  yield* unconfirmed(doc);
  yield* proposals(doc);
}

/** A document that the policy needs and nobody has given (GOV-21). */
function* documents(doc: PolicyDocument, { given }: LintContext): Generator<Found> {
  for (const [i, document] of doc.documents.entries()) {
    if (document.supplied || given?.has(document.id)) continue;
    const naming = [...doc.clauses.entries()].filter(([, c]) => c.documents?.includes(document.id));
    const numbers = naming.map(([, c]) => c.number);
    yield {
      code: 'document-missing',
      key: `document-missing:${document.id}`,
      title: `“${document.title}” is not supplied`,
      text: `${numbers.length > 0 ? `Named in ${numbers.length > 1 ? 'clauses' : 'clause'} ${numbers.join(', ')}. ` : ''}Add it to the register of documents, or take it out of the policy.`,
      where: [
        { pointer: `/documents/${i}`, clause: document.clause },
        ...naming.map(([j, c]) => ({ pointer: `/clauses/${j}`, clause: c.id })),
      ],
    };
  }
}

/** The filter sees neither place nor equipment, and knows slots only by a cell's times: such a row holds everywhere. */
function* narrowed(doc: PolicyDocument): Generator<Found> {
  for (const [i, rule] of doc.rules.entries()) {
    if (!rule.applies || rule.categories.length === 0) continue;
    yield {
      code: 'holds-everywhere',
      key: `holds-everywhere:${rule.id}`,
      title: `${rule.name} (${rule.id}) holds at every time and place`,
      text: 'The row is narrowed to a time, a place or a kind of equipment, and names kinds of site, for which the filter knows none of these. Choose “at certain times” in its cells, or take the kinds of site out.',
      where: [{ pointer: `/rules/${i}/applies`, clause: rule.clause }],
    };
  }
}

/** Where less is closed to younger pupils than to older ones on the same word of the lists. */
function* youngerLess({ profiles }: PolicyDocument): Generator<Found> {
  const years = ({ match: { years = [] } }: Profile) => years;
  const level = (p: Profile): number => EVIDENCE_LEVELS.indexOf(p.listEvidence ?? 'usual');
  const pupils = [...profiles.entries()].filter(([, p]) => p.match.kinds?.includes('pupil') && years(p).length > 0);
  for (const [i, younger] of pupils) {
    const older = pupils.find(
      ([, p]) => Math.min(...years(p)) > Math.max(...years(younger)) && level(p) < level(younger),
    );
    if (!older) continue;
    yield {
      code: 'younger-less',
      key: `younger-less:${younger.id}:${older[1].id}`,
      title: `Less is closed to ${younger.name} than to ${older[1].name}`,
      text: 'The lists must be surer of a site before it is closed to the younger ones. Choose the same for both, or the other way round.',
      where: [
        { pointer: `/profiles/${i}/listEvidence`, clause: younger.clause },
        { pointer: `/profiles/${older[0]}`, clause: older[1].clause },
      ],
    };
  }
}

/** UAR-01: what a row is called, and what its cells do, must be the same thing to the filter, to cases and to sanctions. */
function* classes(doc: PolicyDocument): Generator<Found> {
  for (const [i, { id, name, clause, class: called, cells }] of doc.rules.entries()) {
    const values = Object.values(cells).map((c) => c.value);
    const unlawful = values.length > 0 && values.every((v) => v === 'illegal');
    if ((called === 'illegal') === unlawful) continue;
    yield {
      code: 'class-differs',
      key: `class-differs:${id}`,
      title: unlawful
        ? `${name}: closed as against the law, but not called so`
        : `${name}: called against the law, but a cell says otherwise`,
      text: 'A case about it goes by what the row is called, and the filter by its cells. Say the same in both.',
      where: [{ pointer: `/rules/${i}`, clause }],
    };
  }
}

const REFERENCE = /\b(section|clause|paragraph|appendix) (\d+(?:\.\d+)*)\b(?!\.\d| of the\b)/gi;

/** References by number, which change when something is put in before them (K10). */
function* numbers(doc: PolicyDocument): Generator<Found> {
  const there = (word: string, number: string): boolean =>
    word.toLowerCase() === 'appendix'
      ? doc.clauses.some((c) => c.section.toLowerCase().includes(`appendix ${number}`))
      : doc.clauses.some((c) => c.number === number || c.number.startsWith(`${number}.`));
  for (const [i, clause] of doc.clauses.entries()) {
    for (const [said, word = '', number = ''] of clause.text.matchAll(REFERENCE)) {
      if (there(word, number)) continue;
      yield {
        code: 'dead-reference',
        key: `dead-reference:${clause.id}:${said.toLowerCase()}`,
        title: `Clause ${clause.number} points to ${said.toLowerCase()}, which is not there`,
        text: 'Name the clause or the document itself instead of its number.',
        where: [{ pointer: `/clauses/${i}/text`, clause: clause.id }],
      };
    }
  }
}

/** What is said of key stages that the school does not teach is carried and not used (K15). */
function* phases(doc: PolicyDocument): Generator<Found> {
  const taught = new Set<Phase>(doc.meta.phases);
  if (taught.has('all')) return;
  if (taught.has('KS4')) taught.add('end-of-secondary');
  const used = [
    ...doc.curriculum.map((o, i) => ({ phase: o.phase, pointer: `/curriculum/${i}`, clause: o.clause })),
    { phase: doc.settings.individualEmailFrom, pointer: '/settings/individualEmailFrom', clause: null },
  ];
  for (const [phase, places] of Map.groupBy(used, (u) => u.phase)) {
    if (phase === null || phase === 'all' || taught.has(phase)) continue;
    yield {
      code: 'phase-not-taught',
      key: `phase-not-taught:${phase}`,
      title: `${phase} is spoken of and not taught here`,
      text: `Places of the policy that speak of it: ${places.length}. They are kept, and not in use.`,
      where: places.map(({ pointer, clause }) => ({ pointer, clause })),
    };
  }
}

/** Which content belongs to which part of the product; `alone`: content without the part is fine. */
const MODULES: readonly {
  module: keyof Modules;
  name: string;
  content: string;
  has: (doc: PolicyDocument) => boolean;
  alone?: true;
}[] = [
  {
    module: 'userActions',
    name: 'The table of user actions',
    content: 'a rule of that table (UAR-03 and on)',
    has: (doc) => doc.rules.some((r) => r.id.startsWith('UAR-')),
  },
  {
    module: 'sanctionTables',
    name: 'The tables of sanctions',
    content: 'a table',
    has: ({ sanctions }) => sanctions.pupil.table !== null || sanctions.staff.table !== null,
  },
  {
    module: 'deviceSearch',
    name: 'The searching of devices',
    content: 'a procedure for it',
    has: (doc) => doc.deviceSearch !== null,
  },
  {
    module: 'riskAssessment',
    name: 'The risk assessment',
    content: 'a kind of assessment',
    has: (doc) => doc.settings.riskAssessments.length > 0,
  },
  {
    module: 'ai',
    name: 'The part on artificial intelligence',
    content: 'a rule about AI tools',
    has: (doc) => doc.rules.some((r) => r.categories.some((c) => c.startsWith('ai-'))),
    alone: true,
  },
  {
    module: 'officialAccounts',
    name: 'The part on official accounts',
    content: 'how many people look after an account',
    has: (doc) => doc.settings.officialAccountAdministrators !== null,
  },
  {
    module: 'licences',
    name: 'The part on licences',
    content: 'a clause about licences (LIC-01 and on)',
    has: (doc) => doc.clauses.some((c) => c.rows.some((row) => row.startsWith('LIC-'))),
    alone: true,
  },
];

function* modules(doc: PolicyDocument): Generator<Found> {
  for (const { module, name, content, has, alone } of MODULES) {
    const [on, there] = [doc.modules[module], has(doc)];
    if (on === there || (there && alone)) continue;
    yield {
      code: 'module',
      key: `module:${module}`,
      title: on ? `${name} is switched on without content` : `${name} is switched off, and its content is there`,
      text: on
        ? `There should be ${content}. Add it or switch the part off.`
        : 'Switch it on, or take the content out.',
      where: [{ pointer: `/modules/${module}`, clause: null }],
    };
  }
}

function* vacancies(doc: PolicyDocument, { holders }: LintContext): Generator<Found> {
  if (!holders) return;
  for (const [i, role] of doc.roles.entries()) {
    const held = holders.get(role.id) ?? { holders: 0, deputies: 0 };
    const lacks = [
      ...(held.holders < role.holders.min ? [`${held.holders} of ${role.holders.min} holders`] : []),
      ...(held.deputies < role.deputies.min ? [`${held.deputies} of ${role.deputies.min} deputies`] : []),
    ];
    if (lacks.length === 0) continue;
    yield {
      code: 'vacant',
      key: `vacant:${role.id}`,
      title: `${role.title}: too few people`,
      text: `There are ${lacks.join(' and ')}.`,
      where: [{ pointer: `/roles/${i}`, clause: role.clause }],
    };
  }
}

/** ROL-04, ROL-18: named in the source without saying who that is. */
function* undefinedRoles(doc: PolicyDocument): Generator<Found> {
  for (const [i, role] of doc.roles.entries()) {
    if (!role.undefinedInSource) continue;
    yield {
      code: 'role-undefined',
      key: `role-undefined:${role.id}`,
      title: `Who is the ${role.title}?`,
      text: 'The policy names this role and defines it nowhere. Say who holds it, or give its duties to another role.',
      where: [{ pointer: `/roles/${i}`, clause: role.clause }],
    };
  }
}

const COVER = {
  author: 'author',
  created: 'day of writing',
  lastReviewed: 'last review',
  approvedBy: 'approving body',
  approvedOn: 'day of approval',
  nextReview: 'next review',
} as const satisfies Partial<Record<keyof PolicyDocument['meta'], string>>;

/** GOV-02, GOV-04: nothing is published before its cover is complete. */
function* cover({ meta }: PolicyDocument): Generator<Found> {
  const keys = (Object.keys(COVER) as (keyof typeof COVER)[]).filter((key) => meta[key] === null);
  const { from, to } = meta.period;
  const missing = [...keys.map((key) => COVER[key]), ...(from === null || to === null ? ['period'] : [])];
  if (missing.length === 0) return;
  yield {
    code: 'cover-empty',
    key: 'cover-empty',
    title: `The cover lacks ${missing.join(', ')}`,
    text: 'These are asked for before the policy is published.',
    where: [...keys.map((key) => `/meta/${key}`), ...(from === null || to === null ? ['/meta/period'] : [])].map(
      (pointer) => ({ pointer, clause: null }),
    ),
  };
}

/** Settings that may stand empty, and what is asked then; `when`: only under these settings. */
const EMPTY: readonly {
  path: string;
  value: (s: Settings) => unknown;
  asks: string;
  when?: (doc: PolicyDocument) => boolean;
}[] = [
  { path: 'accountIssuer', value: (s) => s.accountIssuer, asks: 'Who issues accounts?' },
  {
    path: 'sealedPasswordHolder',
    value: (s) => s.sealedPasswordHolder,
    asks: 'Who keeps the sealed copy of the administrator’s password?',
  },
  {
    path: 'individualEmailFrom',
    value: (s) => s.individualEmailFrom,
    asks: 'From which key stage does each pupil have an e-mail address of their own?',
  },
  {
    path: 'officialAccountAdministrators',
    value: (s) => s.officialAccountAdministrators,
    asks: 'How many people look after each official account?',
    when: (doc) => doc.modules.officialAccounts,
  },
  {
    path: 'privateSocialMedia/minutesPerDay',
    value: (s) => s.privateSocialMedia.minutesPerDay,
    asks: 'How many minutes a day of private social media are reasonable?',
    when: (doc) => ['times', 'reasonable'].includes(doc.settings.privateSocialMedia.value),
  },
  {
    path: 'fairUse',
    value: (s) => s.fairUse ?? null,
    asks: 'How much may one person move over the network within an hour, so that others do not go short?',
    when: (doc) => doc.rules.some((r) => r.action === UNFAIR_USE),
  },
];

function* settings(doc: PolicyDocument): Generator<Found> {
  for (const { path, value, asks, when } of EMPTY) {
    if (value(doc.settings) !== null || when?.(doc) === false) continue;
    yield {
      code: 'setting-empty',
      key: `setting-empty:${path}`,
      title: asks,
      text: 'The policy gives no answer.',
      where: [{ pointer: `/settings/${path}`, clause: null }],
    };
  }
}

const UNSURE: Readonly<Partial<Record<keyof Settings, string>>> = {
  filterChanges: 'Who opens a site, and for how long at most',
  guests: 'How guests come in',
  fairUse: 'How much one person may move over the network within an hour',
  parentSignature: 'Whether parents sign',
  software: 'Who may install programs, and which media may be used',
  unsigned: 'What happens while an agreement is not signed',
};

/** Where the source is unclear, and nothing is taken as confirmed that nobody confirmed. */
function* unconfirmed(doc: PolicyDocument): Generator<Found> {
  const ask = (key: string, what: string, pointers: readonly string[], clause: string | null): Found => ({
    code: 'unconfirmed',
    key: `unconfirmed:${key}`,
    title: `Please confirm: ${what}`,
    text: 'The source is unclear here, and what stands in the policy is a reading of it.',
    where: pointers.map((pointer) => ({ pointer, clause })),
  });
  for (const [i, rule] of doc.rules.entries()) {
    const unsure = unsureCells(rule);
    if (unsure.length === 0) continue;
    const pointers = unsure.map((who) => `/rules/${i}/cells/${who}`);
    yield ask(rule.id, `${rule.name} (${rule.id})`, pointers, rule.clause);
  }
  for (const [i, device] of doc.devices.entries()) {
    if (device.unconfirmed) yield ask(`device.${device.id}`, device.name, [`/devices/${i}`], device.clause);
  }
  for (const who of ['pupil', 'staff'] as const) {
    const { table } = doc.sanctions[who];
    if (table?.unconfirmed) yield ask(`sanctions.${who}`, table.name, [`/sanctions/${who}/table`], table.clause);
  }
  for (const [key, value] of Object.entries(doc.settings)) {
    if (typeof value !== 'object' || value === null || !('unconfirmed' in value) || !value.unconfirmed) continue;
    yield ask(`settings.${key}`, UNSURE[key as keyof Settings] ?? key, [`/settings/${key}`], null);
  }
}

const unsureCells = (rule: Rule): Audience[] =>
  (Object.entries(rule.cells) as [Audience, Cell][]).flatMap(([who, cell]) => (cell.unconfirmed ? [who] : []));

/** Periods that the source does not name; the ones of one kind are one question. */
function* proposals(doc: PolicyDocument): Generator<Found> {
  const { deviceSearch, incidents, monitoring, retention } = doc;
  const groups = [
    {
      key: 'duties',
      what: 'How often duties come round',
      entries: doc.duties.map((d, i) => ({ ...d, name: d.title, pointer: `/duties/${i}` })),
    },
    {
      key: 'training',
      what: 'How often people are trained',
      entries: doc.training.map((t, i) => ({ ...t, name: t.title, pointer: `/training/${i}` })),
    },
    {
      key: 'recipients',
      what: 'How soon a report is taken up',
      entries: doc.recipients.map((r, i) => ({
        ...r,
        name: r.report.replaceAll('-', ' '),
        pointer: `/recipients/${i}`,
      })),
    },
    {
      key: 'retention',
      what: 'How long records are kept',
      entries: [
        { ...retention, proposed: retention.activityProposed, name: 'Visits', pointer: '/retention/activityDays' },
        ...retention.classes.map((c, i) => ({ ...c, pointer: `/retention/classes/${i}` })),
      ],
    },
    {
      key: 'incidents',
      what: 'How soon an incident is acted on',
      entries: [
        { ...incidents, proposed: incidents.clocksProposed, name: 'Time limits', pointer: '/incidents/clocks' },
      ],
    },
    {
      key: 'attempts',
      what: 'How many attempts make an alert',
      entries: [{ ...monitoring.repeated, name: 'Number and time', pointer: '/monitoring/repeated' }],
    },
    {
      key: 'device-search',
      what: 'How soon a searched device is with the police',
      entries: deviceSearch
        ? [
            {
              ...deviceSearch.handOver,
              name: 'Time limit',
              pointer: '/deviceSearch/handOver',
              clause: deviceSearch.clause,
            },
          ]
        : [],
    },
  ];
  for (const { key, what, entries } of groups) {
    const ours = entries.filter((e) => e.proposed);
    if (ours.length === 0) continue;
    yield {
      code: 'proposed',
      key: `proposed:${key}`,
      title: `${what}: ${ours.length} of ${entries.length} as we propose`,
      text: `The source names no period. Keep or change: ${ours.map((e) => e.name).join('; ')}.`,
      where: ours.map((e) => ({ pointer: e.pointer, clause: e.clause })),
    };
  }
}
