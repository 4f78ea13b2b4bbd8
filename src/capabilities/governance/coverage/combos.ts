import { type AccessLevel, type CompiledProfile, type DeviceClass, deviceAccess, UNIDENTIFIED } from '#policy/index.ts';
import { many } from '../today/line.ts';
import type { CoverageFacts, Place } from './facts.ts';
import { type About, filtering, type Row, type Statement, seen, statements, working } from './statements.ts';

/** One kind of device, in one place, in the hands of somebody of one profile. */
export interface Combo {
  readonly facts: CoverageFacts;
  readonly device: DeviceClass;
  readonly place: Place;
  readonly profile: CompiledProfile;
  /** What the policy lets the device have there. */
  readonly access: AccessLevel;
}

const away = (c: Combo) => c.place.kind === 'off-site';
const here = (c: Combo) => !away(c) && filtering(c.facts);
const recorded = (c: Combo) => here(c) && seen(c.facts);
const known = (c: Combo) => c.profile.id !== UNIDENTIFIED;

/** One profile, whatever device its people use and wherever. */
export interface ProfileFacts {
  readonly facts: CoverageFacts;
  readonly profile: CompiledProfile;
}

const safetyOf = ({ facts, profile }: ProfileFacts) => facts.safety[profile.id];
const YOUTUBE = { none: 'not restricted', moderate: 'moderately restricted', strict: 'strictly restricted' } as const;

/** What differs from person to person, where the filter is at work. */
export const PROFILE_ROWS: readonly Row<ProfileFacts>[] = [
  {
    id: 'kinds',
    about: 'filtered',
    when: ({ facts }) => facts.lists.builtAt !== null,
    says: ({ facts, profile }) => `${many(facts.closed[profile.id]?.length ?? 0, 'kind')} of site closed now.`,
    change: 'The policy, and the hour where a rule goes by time.',
  },
  {
    id: 'unlisted-closed',
    about: 'filtered',
    when: ({ profile }) => profile.uncategorised === 'block',
    says: () => 'Sites that no list knows are closed.',
    change: 'The policy.',
  },
  {
    id: 'search',
    about: 'filtered',
    when: (p) => safetyOf(p)?.safeSearch === true,
    says: () => 'Safe results in search engines.',
    change: 'The policy.',
  },
  {
    id: 'youtube',
    about: 'filtered',
    when: (p) => (safetyOf(p)?.youtube ?? 'none') !== 'none',
    says: (p) => `YouTube ${YOUTUBE[safetyOf(p)?.youtube ?? 'none']}.`,
    change: 'The policy.',
  },
  {
    id: 'files',
    about: 'filtered',
    when: (p) => p.facts.reach.proxy && Object.keys(safetyOf(p)?.refusedFiles ?? {}).length > 0,
    says: (p) => `Refused on plain HTTP: ${Object.keys(safetyOf(p)?.refusedFiles ?? {}).join(', ')}.`,
    change: 'The policy.',
  },
  {
    id: 'fair-use',
    about: 'filtered',
    when: (p) => p.facts.reach.proxy && safetyOf(p)?.fairUse !== undefined,
    says: (p) =>
      `Through the proxy, slower beyond ${many(Math.round((safetyOf(p)?.fairUse?.bytesAnHour ?? 0) / 1e6), 'megabyte')} an hour.`,
    change: 'The policy.',
  },
  {
    id: 'unlisted-open',
    about: 'not',
    when: ({ profile }) => profile.uncategorised === 'allow',
    says: () => 'Sites that no list knows are open.',
    change: 'The policy.',
  },
  {
    id: 'search-free',
    about: 'not',
    when: (p) => safetyOf(p)?.safeSearch !== true,
    says: () => 'Search engines as people set them.',
    change: 'The policy.',
  },
  {
    id: 'youtube-free',
    about: 'not',
    when: (p) => (safetyOf(p)?.youtube ?? 'none') === 'none',
    says: () => `YouTube ${YOUTUBE.none}.`,
    change: 'The policy.',
  },
];

/** Every profile with what holds for it; those alike stand together. Nothing holds while no device is filtered. */
export function profileRows(facts: CoverageFacts, only: string): { profiles: string[]; says: MapRow['says'] }[] {
  if (!filtering(facts) || !facts.policy) return [];
  const said = facts.policy.compiled.profiles
    .filter((p) => only === '' || p.id === only)
    .map((profile) => ({ name: profile.name, says: byAbout(statements(PROFILE_ROWS, { facts, profile })) }));
  return [...Map.groupBy(said, (s) => JSON.stringify(s.says)).values()].flatMap((alike) =>
    alike[0] ? [{ profiles: alike.map((a) => a.name), says: alike[0].says }] : [],
  );
}

const byAbout = (held: readonly Statement[]): MapRow['says'] => {
  const of = (about: About) => held.filter((s) => s.about === about).map((s) => s.text);
  return { filtered: of('filtered'), monitored: of('monitored'), not: of('not') };
};

/** What differs from device to device, place to place and person to person. What holds everywhere is in SCHOOL_ROWS. */
export const COMBO_ROWS: readonly Row<Combo>[] = [
  {
    id: 'points',
    about: 'filtered',
    when: (c) => here(c),
    says: ({ facts: { reach } }) =>
      reach.dns && reach.proxy
        ? 'By DNS and through the proxy, while it is set to use them.'
        : reach.dns
          ? 'By DNS, while it is set to use ours.'
          : 'Through the proxy, while it is set to use it.',
    change: 'The settings of the device.',
  },
  {
    id: 'recorded-person',
    about: 'monitored',
    when: (c) => recorded(c) && known(c) && c.device.shared,
    says: () =>
      'Recorded under the person’s name from sign-in to sign-out; before that under nobody’s, by the strictest profile.',
    change: 'Whether people sign in.',
  },
  {
    id: 'recorded-device',
    about: 'monitored',
    when: (c) => recorded(c) && known(c) && !c.device.shared,
    says: () =>
      'Recorded under the person’s name where they are signed in or the address is registered as theirs; otherwise under nobody’s, by the strictest profile.',
    change: 'Sign-in, or its address registered.',
  },
  {
    id: 'recorded-nobody',
    about: 'monitored',
    when: (c) => recorded(c) && !known(c),
    says: () => 'Recorded by address, under nobody’s name. Alerts tell of the address.',
    change: 'Somebody signs in.',
  },
  {
    id: 'away-none',
    about: 'not',
    when: away,
    says: (c) =>
      c.device.ownership === 'school' || c.device.ownership === 'scheme'
        ? 'Neither filtered nor monitored, unless its DNS or proxy still leads to school.'
        : 'Neither filtered nor monitored.',
    change: 'See “Away from school” below.',
  },
  {
    id: 'not-working',
    about: 'not',
    when: (c) => !away(c) && !working(c.facts),
    says: () => 'Nobody can say that it is filtered or monitored now: no gateway is at work by a policy.',
    change: 'A gateway at work.',
  },
  {
    id: 'unreached',
    about: 'not',
    when: (c) => !away(c) && working(c.facts) && !here(c),
    says: () => 'Neither filtered nor monitored: DNS and proxy answer only on the gateway’s own computer.',
    change: 'GATEHOUSE_DNS or GATEHOUSE_PROXY.',
  },
  {
    id: 'no-access',
    about: 'not',
    when: (c) => !away(c) && c.access === 'NONE' && !(c.device.shared && !known(c)),
    says: () =>
      'The policy gives it no network here. That it stays off is not Gatehouse’s doing; if it gets on, the rest of this row holds.',
    change: 'The policy, or access control on the network.',
  },
  {
    id: 'dns-only',
    about: 'not',
    when: (c) => here(c) && !c.facts.reach.proxy,
    says: () => 'Parts of a site, searches and kinds of file: DNS knows only names.',
    change: 'The proxy within reach.',
  },
  {
    id: 'unmanaged',
    about: 'not',
    when: (c) => !away(c) && c.device.ownership !== 'school',
    says: () => 'Its owner can change its settings, and it may have mobile data: then none of this holds.',
    change: 'Management of the device, which its owner would have to accept.',
  },
];

/** Rows of the map that say the same, put together. */
export interface MapRow {
  readonly device: DeviceClass;
  readonly places: readonly string[];
  readonly profiles: readonly string[];
  readonly says: Readonly<Record<About, readonly string[]>>;
}

export interface MapSearch {
  readonly device: string;
  readonly place: string;
  readonly profile: string;
}

/** Every class of device × place × profile, those that say the same as one row. */
export function mapRows(facts: CoverageFacts, search: MapSearch): MapRow[] {
  const { policy } = facts;
  if (!policy) return [];
  const pick = <T extends { readonly id: string }>(all: readonly T[], id: string) =>
    all.filter((x) => id === '' || x.id === id);
  return pick(policy.document.devices, search.device).flatMap((device) => {
    const byPlace = pick(facts.places, search.place).map((place) => {
      const said = pick(policy.compiled.profiles, search.profile).map((profile) => {
        const access = accessOf(facts, device, place, profile);
        const held = statements(COMBO_ROWS, { facts, device, place, profile, access });
        return { profile: profile.name, says: byAbout(held) };
      });
      const alike = [...Map.groupBy(said, (s) => JSON.stringify(s.says)).values()];
      return { place: place.name, alike };
    });
    return [...Map.groupBy(byPlace, (p) => JSON.stringify(p.alike)).values()].flatMap((places) =>
      (places[0]?.alike ?? []).flatMap((alike): MapRow[] =>
        alike[0]
          ? [
              {
                device,
                places: places.map((p) => p.place),
                profiles: whom(
                  facts,
                  alike.map((a) => a.profile),
                ),
                says: alike[0].says,
              },
            ]
          : [],
      ),
    );
  });
}

/** All names of a policy in one word. */
const whom = (facts: CoverageFacts, names: readonly string[]): readonly string[] =>
  names.length === facts.policy?.compiled.profiles.length ? ['Everybody'] : names;

/** As registered and with every record it needs: the most that the policy gives such a device there at this time. */
function accessOf(facts: CoverageFacts, device: DeviceClass, place: Place, profile: CompiledProfile): AccessLevel {
  if (!facts.policy) return 'NONE';
  return deviceAccess(facts.policy.may, {
    deviceClass: device.id,
    registered: true,
    schemeRecord: true,
    audience: profile.audience,
    profile: profile.id,
    person: profile.id === UNIDENTIFIED ? null : ANYBODY,
    at: facts.at,
    zone: place.kind,
  }).access;
}

/** Stands for somebody of the profile who was given nothing of their own. */
const ANYBODY = '00000000-0000-7000-8000-000000000000';
