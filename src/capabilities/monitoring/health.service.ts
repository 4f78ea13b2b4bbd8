import { MINUTE } from '#core/clock.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { forEach, schools } from '#platform/school.ts';
import { LEADING_ROLES } from '#policy/types.ts';
import type { ListTrouble, ProofTrouble, GatewayTrouble as Reported } from '#rooms/filtering/index.ts';
import { holders } from '#rooms/identity/index.ts';
import { raiseLocked } from './alerts.service.ts';
import { lockAlerts, openAlertOf } from './alerts.store.ts';

/** What a gateway reports of itself, or that it reports nothing any more. */
export type GatewayTrouble = Omit<Reported, 'kind'> & { readonly kind: Reported['kind'] | 'silent' };

const WORDS: Readonly<Record<GatewayTrouble['kind'], string>> = {
  silent: 'has not been heard of. If it still runs, it filters with the last policy it had and keeps its record.',
  away: 'was out of touch with control. It filtered with the last policy it had and kept its record.',
  'no-policy': 'has no valid policy and lets nothing through.',
  'spool-failing': 'cannot write its record to disk. It goes on filtering; make room on its disk.',
};

/**
 * FIL-20: trouble of a gateway becomes an alert by itself, for those who run the filter and the safeguarding lead. One
 * gateway has one open alert; each trouble is noted in it once.
 */
export async function healthAlert(tx: Tx, deps: Deps, trouble: GatewayTrouble): Promise<void> {
  const gateway = await tx
    .selectFrom('gateway')
    .select(['name', 'school_id'])
    .where('id', '=', trouble.gateway)
    .executeTakeFirst();
  if (!gateway) return;
  const at = new Date(trouble.from).toISOString();
  await note(tx, deps, {
    school: gateway.school_id,
    about: trouble.gateway,
    line: { at, via: trouble.kind, text: `Gateway "${gateway.name}" ${WORDS[trouble.kind]}` },
  });
}

/**
 * FIL-03: trouble with a list likewise. That it is over is noted where an alert is open, and is no reason for a new one.
 */
export async function listAlert(tx: Tx, deps: Deps, trouble: ListTrouble): Promise<void> {
  const { school, source, kind, text } = trouble;
  if (kind === 'fresh' && !(await openAlertOf(tx, keyOf(source)))) return;
  const line = { at: new Date(trouble.from).toISOString(), via: kind, text };
  await note(tx, deps, { school, about: source, line });
}

/**
 * FIL-05: a proof that failed or never came likewise. What was grave and open, and help that was closed, is a matter of its
 * own that does not wait. That all is well again is noted where an alert is open.
 */
export async function proofAlert(
  tx: Tx,
  deps: Deps,
  { school, gateway, kind, from, lines }: ProofTrouble,
): Promise<void> {
  const matters = { urgent: `proof of ${gateway}, urgent`, other: `proof of ${gateway}` };
  const of = kind === 'mended' ? Object.values(matters) : [kind === 'urgent' ? matters.urgent : matters.other];
  for (const about of of) {
    if (kind === 'mended' && !(await openAlertOf(tx, keyOf(about)))) continue;
    for (const text of lines) {
      const line = { at: new Date(from).toISOString(), via: kind, text };
      await note(tx, deps, { school, about, line, urgency: kind === 'urgent' ? 'urgent' : 'soon' });
    }
  }
}

const keyOf = (about: string): string => `health ${about}`;

/** One matter has one open alert, and each line stands in it once. */
async function note(
  tx: Tx,
  deps: Deps,
  {
    school,
    about,
    line,
    urgency = 'soon',
  }: {
    school: string;
    about: string;
    line: { at: string; via: string; text: string };
    urgency?: 'urgent' | 'soon';
  },
): Promise<void> {
  const openKey = keyOf(about);
  await lockAlerts(tx, school);
  const open = await openAlertOf(tx, openKey);
  if (open?.evidence.some((l) => l.at === line.at && l.text === line.text)) return;

  const recipients = await holders(tx, 'ict-manager');
  for (const role of LEADING_ROLES) recipients.push(...(await holders(tx, role, 'holder')));
  await raiseLocked(tx, deps, {
    school,
    subject: null,
    detector: 'health',
    category: null,
    urgency,
    clause: null,
    lines: [{ ...line, host: '', category: null, outcome: '' }],
    openKey,
    recipients: [...new Map(recipients.map((r) => [r.id, r])).values()],
  });
}

/** A gateway reports every few seconds; after this long something is wrong. */
const SILENT = 2 * MINUTE;

/** Every minute: gateways that have fallen silent. */
export const watchGateways = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), (school) =>
    deps.db.in(systemContext(school.id), async (tx) => {
      const silent = await tx
        .selectFrom('gateway')
        .select(['id', 'seen_at'])
        .where('seen_at', '<', new Date(deps.clock.now() - SILENT))
        .execute();
      for (const { id, seen_at } of silent) {
        await healthAlert(tx, deps, { kind: 'silent', gateway: id, from: seen_at?.getTime() ?? 0, until: null });
      }
    }),
  );
