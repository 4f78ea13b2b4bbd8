import Type, { type Static } from 'typebox';
import { readData } from './data-file.ts';
import { normalisePath } from './host.ts';
import { HOST_PATTERN, HostPatterns } from './host-patterns.ts';

const Host = Type.String({ pattern: /^[a-z0-9.-]+$/ });
const Hosts = Type.Array(Type.String({ pattern: HOST_PATTERN }), { minItems: 1 });
const Parameter = Type.Object(
  { paths: Type.Array(Type.String({ pattern: '^/' })), name: Type.String(), value: Type.String() },
  { additionalProperties: false },
);
const strict = { additionalProperties: false } as const;
/**
 * Where it is said that the second name works: `provider` in the provider's own words at `source`, `in-use` by a list
 * that many networks rely on. `read`: where those words were read, since not every page can be.
 */
const Said = {
  source: Type.String({ pattern: '^https://' }),
  read: Type.Optional(Type.String({ pattern: '^https://' })),
  proof: Type.Union([Type.Literal('provider'), Type.Literal('in-use')]),
};
const File = Type.Object(
  {
    search: Type.Array(
      Type.Object(
        { name: Type.String(), hosts: Hosts, alias: Host, parameter: Type.Optional(Parameter), ...Said },
        strict,
      ),
    ),
    youtube: Type.Object({ name: Type.String(), hosts: Hosts, strict: Host, moderate: Host, ...Said }, strict),
    /** Engines without a second name, or with one that nobody vouches for: `lists/starter/unsafe-search` closes them. */
    without: Type.Array(Type.Object({ name: Type.String(), hosts: Hosts, why: Type.String() }, strict)),
    /** Engines made for children, which show nothing else. */
    alwaysSafe: Hosts,
  },
  strict,
);

/** How strictly YouTube shows; Google's own words for it. */
export type YouTubeMode = 'none' | 'moderate' | 'strict';
export interface SafeModes {
  readonly safeSearch: boolean;
  readonly youtube: YouTubeMode;
}

/** A host whose owner keeps a second one that shows safe results only (or restricted films). */
export interface SafeHost {
  readonly setting: keyof SafeModes;
  /** The second host: whoever connects to it under the first one's name gets safe results and nothing else. */
  readonly strict: string;
  readonly moderate: string;
  readonly parameter: Static<typeof Parameter> | null;
}

const { search, youtube } = readData('safe-search.json', File);
const safeHosts = new HostPatterns<SafeHost>([
  ...search.flatMap(({ hosts, alias, parameter = null }) => {
    const safe: SafeHost = { setting: 'safeSearch', strict: alias, moderate: alias, parameter };
    return hosts.map((host) => [host, safe] as const);
  }),
  ...youtube.hosts.map((host) => {
    const { strict, moderate } = youtube;
    return [host, { setting: 'youtube', strict, moderate, parameter: null } satisfies SafeHost] as const;
  }),
]);

/** What the owner of this host offers; `undefined` for nearly every host. */
export const safeHost = (host: string): SafeHost | undefined => safeHosts.find(host);

/** The host to connect to instead, for somebody with these modes; `null` when they may have the ordinary one. */
export function safeAlias(safe: SafeHost | undefined, modes: SafeModes): string | null {
  if (safe === undefined) return null;
  if (safe.setting === 'safeSearch') return modes.safeSearch ? safe.strict : null;
  return modes.youtube === 'none' ? null : safe[modes.youtube];
}

/** The same address asking for safe results in words as well, whatever it asked before. */
export function safePath({ parameter }: SafeHost, path: string): string {
  const question = path.indexOf('?');
  if (parameter === null || question < 0) return path;
  if (!parameter.paths.includes(normalisePath(path.slice(0, question)) || '/')) return path;
  const others = path
    .slice(question + 1)
    .split('&')
    .filter((pair) => !new URLSearchParams(pair).has(parameter.name));
  return `${path.slice(0, question)}?${[...others, `${parameter.name}=${parameter.value}`].join('&')}`;
}
