import type { Tx } from '#platform/db.ts';
import type { LiveChange, PolicyDocument } from '#policy/index.ts';
import { sayDay } from './ai-tools.rules.ts';
import { type AiTool, aiTools, openNow, sitesOf } from './ai-tools.store.ts';

/**
 * The register as gateways obey it (AIG-05): a tool is closed to every profile from the day on which it was proposed, and
 * open to those of its approval, at exactly the sites that were assessed. Each opening carries its end, and the closing
 * that follows it stands in the snapshot already, so that gateways need nobody to tell them.
 */
export async function aiToolChanges(
  tx: Tx,
  now: number,
  policy: PolicyDocument,
  timeZone: string,
): Promise<LiveChange[]> {
  const clause = policy.clauses.find((c) => c.rows.includes('AIG-05'))?.id ?? null;
  const everybody = policy.profiles.map((p) => p.id);
  return (await aiTools(tx))
    .filter((tool) => tool.state !== 'withdrawn')
    .flatMap((tool) => changesOf(tool, now, everybody, timeZone).map((change) => ({ ...change, clause })));
}

function changesOf(
  tool: AiTool,
  now: number,
  everybody: readonly string[],
  timeZone: string,
): Omit<LiveChange, 'clause'>[] {
  const { reference, name } = tool;
  const since = tool.createdAt.getTime();
  const sites = sitesOf(tool);
  const assessed = tool.held?.hosts ?? [];
  const open = openNow(tool, now);
  const opened = open.map((o) => o.profile);
  const closed = { reference, effect: 'block', until: null, people: null, text: textOf(name) } as const;
  const changes: Omit<LiveChange, 'clause'>[] = [
    { ...closed, hosts: sites, from: since, profiles: everybody.filter((p) => !opened.includes(p)) },
    { ...closed, hosts: sites.filter((h) => !assessed.includes(h)), from: since, profiles: opened },
  ];
  for (const [until, same] of Map.groupBy(open, (o) => o.until)) {
    const profiles = same.map((o) => o.profile);
    const text = `${name} is open here until ${sayDay(until - 1, timeZone)}, after its assessment (${reference}).`;
    const from = Math.max(...same.map((o) => o.from));
    changes.push(
      { reference, effect: 'open', assessed: true, hosts: assessed, from, until, people: null, profiles, text },
      { ...closed, hosts: assessed, from: until, profiles },
    );
  }
  return changes.filter((c) => c.hosts.length > 0 && c.profiles?.length !== 0);
}

const textOf = (name: string): string =>
  `${name} is an AI tool, and is closed to you until it has been assessed and approved here.`;
