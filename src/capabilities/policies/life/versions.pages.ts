import { invalid, notFound, type Refusal } from '#core/errors.ts';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { diffPolicies, type PolicyDocument, SECTIONS } from '#policy/index.ts';
import { names } from '#rooms/identity/index.ts';
import { contextOf, hasDuty, type Viewer } from '#web/index.ts';
import { shippedPolicies } from '../policies.service.ts';
import { sectionsOf } from '../policy.page.ts';
import { POLICY_EDITORS } from './drafts.facts.ts';
import type { Start } from './drafts.routes.ts';
import { listDrafts, readDraft } from './drafts.store.ts';
import { STATES } from './life.words.ts';
import { listRiskAssessments } from './risk.store.ts';
import { stateOf } from './version.state.ts';
import { listVersions, type Version, versionDocument } from './versions.store.ts';

const GONE = 'somebody who has left';

/** Every version and every draft, with the form that begins one. */
export function versionsPage(
  deps: Deps,
  viewer: Viewer,
  query: { readonly q: string },
  tried?: { readonly typed: Start; readonly refusal: Refusal },
) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const now = deps.clock.now();
    const all = await listVersions(tx);
    const drafts = (await listDrafts(tx)).filter((d) => d.state !== 'approved' && !all.some((v) => v.draft === d.id));
    const people = await names(tx, [
      ...drafts.map((d) => d.author),
      ...all.flatMap((v) => [v.approver, v.author].filter((p) => p !== null)),
    ]);
    const found = (...words: string[]) => words.join(' ').toLowerCase().includes(query.q.trim().toLowerCase());
    const state = (v: Version) => STATES[stateOf(v, all, now, viewer.school.timeZone)];
    return {
      q: query.q,
      drafts: drafts
        .map((d) => ({ ...d, state: STATES[d.state], by: people.get(d.author) ?? GONE }))
        .filter((d) => found(d.title, d.state.name, d.by)),
      versions: all
        .map((v, i) => ({
          ...v,
          state: state(v),
          by: v.approver === null ? null : (people.get(v.approver) ?? GONE),
          before: all[i + 1]?.number ?? null,
        }))
        .filter((v) => found(`version ${v.number}`, v.title, v.label, v.state.name, v.by ?? '', v.minute ?? '')),
      mayStart: hasDuty(viewer, ...POLICY_EDITORS),
      bases: [
        ...all.map((v) => ({ value: `version-${v.number}`, text: `Version ${v.number}: ${v.title}` })),
        ...shippedPolicies().map((s) => ({ value: `shipped-${s.id}`, text: `As shipped: ${s.title}` })),
        { value: 'file', text: 'A file of our own (JSON)' },
      ],
      typed: tried?.typed ?? { title: '', from: '' },
      refusal: tried?.refusal,
    };
  });
}

/** One version as it was approved. */
export function versionPage(deps: Deps, viewer: Viewer, number: number) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const all = await listVersions(tx);
    const version = all.find((v) => v.number === number);
    if (!version) throw notFound('this version of the policy');
    const document = await versionDocument(tx, number);
    const people = await names(
      tx,
      [version.author, version.approver, version.withdrawn?.by].filter((p): p is string => typeof p === 'string'),
    );
    const name = (id: string | null | undefined) => (id ? (people.get(id) ?? GONE) : null);
    const assessment = (await listRiskAssessments(tx)).find((r) => r.id === version.riskAssessment);
    return {
      version,
      document,
      state: STATES[stateOf(version, all, deps.clock.now(), viewer.school.timeZone)],
      author: name(version.author),
      approver: name(version.approver),
      withdrawnBy: name(version.withdrawn?.by),
      assessment,
      others: all.filter((v) => v.number !== number).map((v) => v.number),
      sections: sectionsOf(document),
      counts: countsOf(document),
    };
  });
}

/** How much each part of the document holds. */
const countsOf = (document: PolicyDocument) =>
  Object.entries(SECTIONS).flatMap(([key, [title]]) => {
    const part = document[key as keyof PolicyDocument];
    return Array.isArray(part) ? [{ title, count: part.length }] : [];
  });

/** A version by its number or a draft as `d-<id>`. */
export const REFERENCE = '^([1-9][0-9]{0,8}|d-[0-9a-fA-F-]{36})$';

const CHANGES_ON_A_PAGE = 100;

/** What is different between two versions or drafts, part by part. */
export function diffPage(
  deps: Deps,
  viewer: Viewer,
  query: { from?: string; to?: string; q?: string; part?: string; page?: number },
) {
  return deps.db.in(contextOf(viewer), async (tx) => {
    const choices = [
      ...(await listVersions(tx)).map((v) => ({ value: String(v.number), text: `Version ${v.number}: ${v.title}` })),
      ...(await listDrafts(tx))
        .filter((d) => d.state !== 'approved')
        .map((d) => ({ value: `d-${d.id}`, text: `Draft: ${d.title}` })),
    ];
    const { from = choices[1]?.value ?? choices[0]?.value, to = choices[0]?.value, q = '', part = '' } = query;
    if (from === undefined || to === undefined) {
      throw invalid('policy.diff', 'There is no version to compare yet.');
    }
    const [old, now] = [await documentAt(tx, from), await documentAt(tx, to)];
    const all = diffPolicies(old, now);
    const numbers = new Map([...old.clauses, ...now.clauses].map((c) => [c.id, c.number]));
    const words = q.trim().toLowerCase();
    const found = all.filter((c) => `${c.said} ${c.was} ${c.now} ${c.where.clause}`.toLowerCase().includes(words));
    const mine = found.filter((c) => part === '' || c.where.section === part);
    const pages = Math.max(1, Math.ceil(mine.length / CHANGES_ON_A_PAGE));
    const page = Math.min(query.page ?? 1, pages);
    const shown = mine.slice((page - 1) * CHANGES_ON_A_PAGE, page * CHANGES_ON_A_PAGE);
    return {
      from,
      to,
      q,
      part,
      choices,
      said: { from: choices.find((c) => c.value === from)?.text, to: choices.find((c) => c.value === to)?.text },
      total: all.length,
      found: mine.length,
      parts: Object.entries(SECTIONS)
        .map(([key, [title]]) => ({ key, title, count: found.filter((c) => c.where.section === key).length }))
        .filter((p) => p.count > 0),
      numbers: Object.fromEntries(numbers),
      groups: Object.entries(Object.groupBy(shown, (c) => c.where.title)).map(([title, changes]) => ({
        title,
        changes,
      })),
      page,
      pages,
    };
  });
}

const documentAt = async (tx: Tx, reference: string): Promise<PolicyDocument> =>
  reference.startsWith('d-')
    ? (await readDraft(tx, reference.slice(2))).document
    : versionDocument(tx, Number(reference));
