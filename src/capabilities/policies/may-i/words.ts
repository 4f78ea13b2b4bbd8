import type { SlotKind, ZoneKind } from '#policy/index.ts';
import type { Answer, Case, Verdict } from './answer.ts';

/** Everything this page says. Children read it. */

export const EQUIPMENT_KINDS = ['school', 'personal'] as const;

export interface Circumstances {
  readonly slot?: SlotKind | undefined;
  readonly zone?: ZoneKind | undefined;
  readonly equipment?: (typeof EQUIPMENT_KINDS)[number] | undefined;
}

export const SLOTS: Readonly<Record<SlotKind, string>> = {
  lesson: 'in lessons',
  'tutor-time': 'in tutor time',
  break: 'at break',
  lunch: 'at lunch',
  club: 'in clubs and activities',
};
export const ZONES: Readonly<Record<ZoneKind, string>> = {
  'main-building': 'in the main building',
  outside: 'outside',
  'off-site': 'away from school',
};
export const EQUIPMENT = { school: 'with the school’s equipment', personal: 'with their own equipment' } as const;

/** What sets a case apart from what was asked anyway. */
export const sayCircumstances = (these: Circumstances, asked: Circumstances): string =>
  [
    these.slot !== asked.slot && these.slot && SLOTS[these.slot],
    these.zone !== asked.zone && these.zone && ZONES[these.zone],
    these.equipment !== asked.equipment && these.equipment && EQUIPMENT[these.equipment],
  ]
    .filter(Boolean)
    .join(' ');

/** The answer in one sentence. */
export const HEADLINES: Readonly<Record<Verdict, string>> = {
  yes: 'Yes, this is allowed.',
  unconfirmed: 'Yes, as our policy is written; the school is still to confirm this.',
  no: 'No, this is not allowed.',
  illegal: 'No. This is against the law, and nobody can allow it.',
  times: 'Only at certain times.',
  permission: 'Only with permission.',
  list: 'Only for people on a list that the school keeps.',
  unsaid: 'Our policy does not say, so the answer is no until you have asked.',
  unclear: 'That depends on when and where.',
  depends: 'That depends.',
  network: 'Yes, on the whole network.',
  internet: 'Yes, but the internet only: nothing of the school’s own network.',
  'no-network': 'No, such a device gets no network.',
};

/** The same within a sentence, for one case of several. */
export const SHORT: Readonly<Record<Verdict, string>> = {
  yes: 'Allowed',
  unconfirmed: 'Allowed, still to be confirmed',
  no: 'Not allowed',
  illegal: 'Against the law',
  times: 'At certain times',
  permission: 'With permission',
  list: 'For people on a list',
  unsaid: 'Our policy does not say',
  unclear: 'Depends on when and where',
  depends: 'Depends',
  network: 'The whole network',
  internet: 'The internet only',
  'no-network': 'No network',
};

/** What would change an answer; `href` where it can be done here. */
export interface Change {
  readonly text: string;
  readonly href?: string;
  readonly link?: string;
}

export function changesOf(answer: Answer, leaders: string, forPupils: boolean): Change[] {
  const verdicts = new Set(answer.cases.map((c) => c.verdict));
  const has = (...some: Verdict[]) => some.some((v) => verdicts.has(v));
  return [
    ...(has('permission')
      ? [
          {
            text: forPupils
              ? 'Any member of staff can give permission, for a purpose and a time.'
              : `Permission is given by the ${leaders}, for a purpose and a time.`,
          },
        ]
      : []),
    ...(has('list') ? [{ text: `The list is kept by the ${leaders}. Ask them to be put on it.` }] : []),
    ...(has('times') ? [{ text: 'It opens by itself when its time comes; the policy sets the times.' }] : []),
    ...(answer.noTimetable
      ? [
          {
            text: 'The school has still to enter its timetable and terms. Until then nobody can tell what time it is, and what opens at certain times stays closed.',
            href: '/settings/school-day',
            link: 'School day',
          },
        ]
      : []),
    ...(has('unsaid')
      ? [{ text: 'Ask a member of staff; what our policy does not say is not allowed by itself.' }]
      : []),
    ...(has('unclear') ? [{ text: 'Say when, where and with whose equipment.' }] : []),
    ...(has('no') ? [{ text: 'Only a new version of our policy can change this.' }] : []),
    ...(has('no', 'times', 'permission', 'list') && answer.filtering.length > 0
      ? [
          {
            text: 'If one of these sites is needed for learning, ask for it: a person reads that and answers. Nobody needs to get round the filter or the monitoring, and nobody may.',
            href: '/ask',
            link: 'Ask for a site',
          },
        ]
      : []),
    ...(has('illegal')
      ? [
          {
            text: 'Nothing changes this. If you have come across something like it, tell someone: you are not in trouble.',
            href: '/tell',
            link: 'Tell someone',
          },
        ]
      : []),
    ...(has('network', 'internet')
      ? [{ text: 'This holds for a device that is registered. Without that it gets no network.' }]
      : []),
    ...(has('no-network')
      ? [{ text: 'Ask the people who look after the network whether another device can be used.' }]
      : []),
  ];
}

/** Where the permission of a case is given. */
export const grantHref = (c: Case, audience: string): string | null =>
  c.verdict === 'permission' || c.verdict === 'list' ? `/permissions/${c.rule}/${audience}` : null;
