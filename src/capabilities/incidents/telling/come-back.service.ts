import { MINUTE } from '#core/clock.ts';
import { invalid } from '#core/errors.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { schools } from '#platform/school.ts';
import type { RoleId } from '#policy/types.ts';
import { findAlert, raise } from '#rooms/monitoring/index.ts';
import { digestOfCode } from './code.ts';
import { addressesOf } from './outcome.ts';
import { alertRoute } from './recipients.ts';
import { tellOf } from './report.letters.ts';
import { entry, judged, line } from './report.service.ts';
import { changeReport, findByCode, insertLine, type Line, linesOf, type Report } from './report.store.ts';

/** What whoever told sees of it with their code: what they wrote and what was answered, and no name of anybody. */
export interface Told {
  readonly report: Pick<Report, 'reference' | 'kind' | 'state' | 'told_at' | 'words' | 'imagery'>;
  readonly lines: readonly Pick<Line, 'at' | 'side' | 'text'>[];
  readonly timeZone: string;
}

/** Come back with a code, and add words where there are any. The same words twice in a row are one addition. */
export async function comeBack(deps: Deps, typed: string, words = ''): Promise<Told | null> {
  const digest = digestOfCode(typed);
  if (!digest) return null;
  for (const school of await schools(deps.db)) {
    const found = await deps.db.in(systemContext(school.id), async (tx) => {
      const report = await findByCode(tx, digest, { lock: words !== '' });
      if (!report) return null;
      if (words.trim() !== '') await addWords(tx, deps, report, words.trim());
      const now = await findByCode(tx, digest);
      if (!now) return null;
      const lines = (await linesOf(tx, report.id)).filter((l) => l.side !== 'note');
      return { report: now, lines, timeZone: school.timeZone };
    });
    if (found) return found;
  }
  return null;
}

const MAX_WORDS = 5000;

async function addWords(tx: Tx, deps: Deps, report: Report, text: string): Promise<void> {
  if ((await linesOf(tx, report.id)).filter((l) => l.side === 'teller').at(-1)?.text === text) return;
  if (text.length > MAX_WORDS)
    throw invalid('report.add.long', 'That is more than we can take in one go.', {
      words: `Up to ${MAX_WORDS} letters at a time.`,
    });
  const now = deps.clock.now();
  const at = new Date(now);
  const to = judged(report, 'add', 'teller', now, text);
  await insertLine(tx, { ...line(report, at), side: 'teller', by_person: null, text });
  const again = to === 'received' && report.state !== 'received';
  await changeReport(tx, report.id, { state: to, ...(again && (await beginAgain(tx, deps, report, text))) });
  if (!again || !report.alert_id) await tellEverybody(tx, deps, report);
  await entry(tx, report, { actor: null, action: 'add', to, text, now });
}

/** The clock begins again: by a new alert where an alert carried it. */
async function beginAgain(tx: Tx, deps: Deps, report: Report, text: string) {
  const now = deps.clock.now();
  const fresh = { acknowledged_by: null, acknowledged_at: null, ended_by: null, ended_at: null, step: 0 };
  const before = report.alert_id ? await findAlert(tx, report.alert_id) : undefined;
  if (!before) return { ...fresh, due_at: report.within === null ? null : new Date(now + report.within * MINUTE) };
  const to = {
    roles: report.to_roles as RoleId[],
    within: report.within,
    clause: before.clause,
  };
  const [first] = before.evidence;
  const { id } = await raise(tx, deps, {
    school: report.school_id,
    subject: before.subject,
    keptFrom: before.kept_from,
    detector: 'told',
    category: null,
    urgency: before.urgency,
    clause: before.clause,
    lines: [
      {
        at: new Date(now).toISOString(),
        host: '',
        category: null,
        outcome: '',
        via: 'told',
        text,
        ...(first?.told && { told: first.told }),
      },
    ],
    openKey: null,
    route: await alertRoute(tx, now, to, before.urgency),
  });
  return { ...fresh, alert_id: id };
}

/** Whoever has it and whoever was told of it hear that there is more. */
async function tellEverybody(tx: Tx, deps: Deps, report: Report): Promise<void> {
  const alert = report.alert_id ? await findAlert(tx, report.alert_id) : undefined;
  const ids = [...new Set([...report.told, ...(alert?.told ?? [])])].filter((id) => !report.kept_from.includes(id));
  await tellOf(tx, deps, report, await addressesOf(tx, ids), { step: report.step, why: 'more' });
}
