import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { School } from '#platform/school.ts';
import { decide, type ProfileSafety, safetyFor, type ZoneKind } from '#policy/index.ts';
import { registeredAddresses } from '#rooms/devices/index.ts';
import { changesOf, type FilterChange, filteringAtAGlance, type SlotState } from '#rooms/filtering/index.ts';
import { type PolicyInForce, policyInForce } from '#rooms/policies/index.ts';

/** Where a device is. A site without zones is one place. */
export interface Place {
  readonly id: string;
  readonly name: string;
  readonly kind: ZoneKind;
}

/** Everything that a statement of coverage may rest on, read from the configuration as it is at this moment. */
export interface CoverageFacts {
  readonly at: number;
  readonly school: School;
  /** Null: none is in force, and gateways let nothing through (FIL-20). */
  readonly policy: PolicyInForce | null;
  readonly gateways: readonly { readonly name: string; readonly seenAt: Date | null; readonly state: GatewayState }[];
  /** Whether other devices reach these points, or only programs on the gateway's own computer. */
  readonly reach: { readonly dns: boolean; readonly proxy: boolean };
  readonly lists: {
    readonly builtAt: Date | null;
    readonly late: boolean;
    readonly sources: number;
    readonly broken: number;
  };
  readonly slots: readonly SlotState[];
  readonly safety: Readonly<Record<string, ProfileSafety>>;
  /** Kinds of site that are closed now, by profile. */
  readonly closed: Readonly<Record<string, readonly string[]>>;
  readonly addresses: readonly { readonly label: string; readonly profile: string | null }[];
  readonly places: readonly Place[];
  readonly changes: Readonly<Record<FilterChange['kind'], number>>;
  readonly resolvers: { readonly known: number; readonly openTo: readonly string[] };
  readonly lastActivity: Date | null;
}

type GatewayState = 'at-work' | 'silent' | 'no-policy' | 'behind';

export const AWAY: Place = { id: 'away', name: 'Away from school', kind: 'off-site' };

/**
 * Read the facts. As the system, since every reader is told the same and a reader's own view would leave things out;
 * they hold no person and no blocked site.
 */
export function readCoverage(deps: Deps, school: School): Promise<CoverageFacts> {
  return deps.db.in(systemContext(school.id), async (tx) => {
    const at = deps.clock.now();
    const policy = await policyInForce(tx, at);
    const glance = await filteringAtAGlance(tx, deps);
    const sites = await tx.selectFrom('site').select(['id', 'name']).orderBy('name').execute();
    const zones = await tx.selectFrom('zone').select(['id', 'site_id', 'name', 'kind']).orderBy('name').execute();
    const changes = (await changesOf(tx, { holdingAt: at })).filter((c) => c.from === null || c.from.getTime() <= at);
    const last = await tx
      .selectFrom('activity_batch')
      .select('received_at')
      .orderBy('received_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    const { profiles = [] } = policy?.compiled ?? {};
    const closed = Object.fromEntries(profiles.map((p) => [p.id, closedKinds(policy, p.id, at)]));
    return {
      at,
      school,
      policy,
      gateways: glance.gateways.map((g) => ({ name: g.name, seenAt: g.seen_at, state: stateOf(g) })),
      reach: { dns: !isLoopback(deps.config.dns.address), proxy: !isLoopback(deps.config.proxy.address) },
      lists: {
        builtAt: glance.version?.built_at ?? null,
        late: glance.late,
        sources: glance.sources.filter((s) => s.enabled).length,
        broken: glance.sources.filter((s) => s.enabled && s.last_error !== null).length,
      },
      slots: glance.slots,
      safety: policy ? safetyFor(policy.document, policy.compiled) : {},
      closed,
      addresses: await registeredAddresses(tx),
      places: placesOf(school, sites, zones),
      changes: countKinds(changes),
      resolvers: {
        known: glance.report?.perCategory['doh-resolver'] ?? 0,
        openTo: profiles.filter((p) => !closed[p.id]?.includes('doh-resolver')).map((p) => p.name),
      },
      lastActivity: last?.received_at ?? null,
    };
  });
}

const isLoopback = (address: string): boolean => address === '::1' || address === 'localhost' || /^127\./.test(address);

function stateOf(g: { silent: boolean; behind: boolean; snapshot?: number | null }): GatewayState {
  if (g.silent) return 'silent';
  if (g.snapshot == null) return 'no-policy';
  return g.behind ? 'behind' : 'at-work';
}

const closedKinds = (policy: PolicyInForce | null, profile: string, at: number): string[] =>
  policy === null
    ? []
    : Object.keys(policy.compiled.categories).filter(
        (c) => decide(policy.compiled, profile, { categories: [c], at }).outcome === 'block',
      );

function placesOf(
  school: School,
  sites: readonly { id: string; name: string }[],
  zones: readonly { id: string; site_id: string; name: string; kind: ZoneKind }[],
): Place[] {
  const known = sites.length > 0 ? sites : [{ id: 'school', name: school.name }];
  const here = known.flatMap((site): Place[] => {
    const own = zones.filter((z) => z.site_id === site.id);
    const named = (z: { name: string }) => (known.length > 1 ? `${site.name}: ${z.name}` : z.name);
    return own.length > 0
      ? own.map((z) => ({ id: z.id, name: named(z), kind: z.kind }))
      : [{ id: site.id, name: site.name, kind: 'main-building' }];
  });
  return here.some((p) => p.kind === 'off-site') ? here : [...here, AWAY];
}

function countKinds(changes: readonly FilterChange[]): CoverageFacts['changes'] {
  const of = (kind: FilterChange['kind']) => changes.filter((c) => c.kind === kind).length;
  return {
    open: of('open'),
    block: of('block'),
    'emergency-block': of('emergency-block'),
    'only-these': of('only-these'),
    'bypass-monitoring': of('bypass-monitoring'),
  };
}
