import { conflict, forbidden, invalid, notFound } from '#core/errors.ts';
import { readAddress } from '#filter/index.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { holders, names, personById } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { EMPTY } from './changes.pages.ts';
import { siteFault } from './changes.rules.ts';
import { submit } from './changes.service.ts';
import { noteOn, TECHNICAL } from './changes.step.ts';

const note = noteOn('site_report');

/** FIL-18: a member of staff met something unsuitable: the address, the class, the time. One click is enough. */
export function reportSite(
  deps: Deps,
  viewer: Viewer,
  input: { readonly site: string; readonly group: string; readonly note: string },
): Promise<void> {
  const address = readAddress(input.site);
  if (!address)
    throw invalid('report.site', 'Enter the address of the site.', {
      site: 'Enter the address of the site, such as example.com.',
    });
  const at = deps.clock.now();
  return deps.db.in(contextOf(viewer), async (tx) => {
    const { id } = await tx
      .insertInto('site_report')
      .values({
        school_id: viewer.school.id,
        reported_by: viewer.person.id,
        at: new Date(at),
        host: address.host,
        address: `${address.host}${address.path}`.slice(0, 2000),
        group_name: input.group.trim() || null,
        note: input.note.trim() || null,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    const text = { host: address.host, note: input.note };
    await note(tx, deps, viewer, id, 'report', {}, text);
    const people = (await Promise.all(TECHNICAL.map((role) => holders(tx, role)))).flat();
    for (const { id: recipient, email } of new Map(people.map((p) => [p.id, p])).values()) {
      if (!email || recipient === viewer.person.id) continue;
      await post(tx, {
        school: viewer.school.id,
        recipient,
        address: email,
        subject: 'A site that should perhaps be closed',
        body: `A colleague met something unsuitable and asks that a site be looked at.\n\nRead it here after signing in:\n${deps.config.pagesUrl}/filtering/reports\n`,
        about: { kind: 'site_report', id },
      });
    }
  });
}

/** Close it, for everybody and at once, or leave it; whoever reported it is told which, and why. */
export function decideReport(
  deps: Deps,
  viewer: Viewer,
  id: string,
  input: { readonly decision: 'block' | 'leave'; readonly answer: string },
): Promise<void> {
  const answer = input.answer.trim();
  if (answer.length < 10)
    throw invalid('report.answer', 'Say why, in a sentence: it goes back to whoever reported it.', {
      [`answer-${id}`]: 'Say why, in at least 10 letters.',
    });
  return deps.db.in(contextOf(viewer), async (tx) => {
    if (!hasDuty(viewer, ...TECHNICAL)) throw forbidden('report.duty', 'It is not yours to decide this.');
    const report = await tx.selectFrom('site_report').selectAll().where('id', '=', id).executeTakeFirst();
    if (!report) throw notFound('this report');
    if (report.reported_by === viewer.person.id && input.decision === 'leave') {
      throw forbidden('report.own', 'Somebody else must decide to leave what you reported yourself.');
    }
    const reference = input.decision === 'block' ? await close(tx, deps, viewer, report.host, answer) : null;
    const change = reference
      ? (await tx.selectFrom('filter_change').select('id').where('reference', '=', reference).executeTakeFirst())?.id
      : null;
    const done = await tx
      .updateTable('site_report')
      .set({
        decision: input.decision,
        answer,
        decided_by: viewer.person.id,
        decided_at: new Date(deps.clock.now()),
        change_id: change ?? null,
      })
      .where('id', '=', id)
      .where('decided_at', 'is', null)
      .executeTakeFirst();
    // Of two who decide at once the second finds it decided, and what they began is undone with this transaction.
    if (done.numUpdatedRows === 0n) throw conflict('report.decided', 'Somebody has decided this already.');
    await note(tx, deps, viewer, id, 'report-decided', { decision: input.decision, reference }, { answer });
    const reporter = await personById(tx, report.reported_by);
    if (!reporter?.email || reporter.id === viewer.person.id) return;
    const result = input.decision === 'block' ? 'It is closed now.' : 'It stays open.';
    await post(tx, {
      school: viewer.school.id,
      recipient: reporter.id,
      address: reporter.email,
      subject: 'What was decided on the site you reported',
      body: `You reported a site that met you in a lesson. ${result}\n\n${answer}\n\nIt stands at ${deps.config.pagesUrl}/filtering/reports\n`,
      about: { kind: 'site_report', id },
    });
  });
}

const close = (tx: Tx, deps: Deps, viewer: Viewer, host: string, answer: string): Promise<string> => {
  const fault = siteFault(host);
  if (fault) throw invalid('report.site', fault);
  const input = { ...EMPTY, sites: host, scope: 'everyone', purpose: `Reported by staff. ${answer}` };
  return submit(tx, deps, viewer, input, 'close-now');
};

/** Reports that a viewer decides on or made, the open ones first. */
export async function reportsPage(tx: Tx, viewer: Viewer, q = '') {
  const decides = hasDuty(viewer, ...TECHNICAL);
  const rows = await tx
    .selectFrom('site_report as r')
    .leftJoin('filter_change as c', 'c.id', 'r.change_id')
    .selectAll('r')
    .select('c.reference')
    .$if(!decides, (query) => query.where('r.reported_by', '=', viewer.person.id))
    .orderBy('r.at', 'desc')
    .limit(300)
    .execute();
  const who = await names(tx, [...new Set(rows.map((r) => r.reported_by))]);
  const wanted = q.trim().toLowerCase();
  const found = rows
    .map((r) => ({ ...r, by: who.get(r.reported_by) ?? '' }))
    .filter((r) => [r.address, r.group_name, r.note, r.answer, r.by].join('\n').toLowerCase().includes(wanted));
  return {
    q,
    decides,
    open: found.filter((r) => !r.decided_at),
    decided: found.filter((r) => r.decided_at),
    any: rows.length > 0,
  };
}
