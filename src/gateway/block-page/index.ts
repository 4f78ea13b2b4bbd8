import { type Client, FILE_RULE, type Judgement } from '#gateway/judge.ts';
import { SEARCH_HELP } from '#gateway/search.ts';
import { ACCESS_RULE } from '#policy/changes.ts';
import type { Snapshot } from '#policy/snapshot.ts';
import type { CompiledPolicy } from '#policy/types.ts';
import { CARE, HELP_LINES, type HelpLine } from './help.ts';
import { type Html, html } from './html.ts';
import { layout } from './layout.ts';

export { CONTENT_SECURITY_POLICY } from './style.ts';

/** What the pages say besides the judgement. */
export interface BlockPageContext {
  readonly school: string;
  /** Where people reach Gatehouse's pages, without a slash at the end; null while no snapshot has said so. */
  readonly pagesUrl: string | null;
  readonly clauses: CompiledPolicy['clauses'];
  readonly categories: CompiledPolicy['categories'];
  /** Whose profile is whose: those who work here may ask for a program (SEC-10). */
  readonly profiles?: CompiledPolicy['profiles'];
}

/** The context that a snapshot gives; before the first one, enough to say so kindly. */
export function contextOf(snapshot: Snapshot | null, pagesUrl: string | null = null): BlockPageContext {
  if (snapshot === null) return { school: 'Your school', pagesUrl, clauses: {}, categories: {} };
  const { school, policy } = snapshot;
  return {
    school: school.name,
    pagesUrl: snapshot.pagesUrl,
    clauses: policy.clauses,
    categories: policy.categories,
    profiles: policy.profiles,
  };
}

const RECORDED = 'The filter keeps a record of what it stops. The school’s policy says who may look at it, and why.';

/**
 * Is this a block of which nothing may be said (FIL-19)? Illegal content is named in neutral words only: no kind
 * of site, no rule, and nothing that could be asked for.
 */
export const isNeutral = ({ because, categories }: Judgement, context: BlockPageContext): boolean =>
  because.rule === 'safety.illegal' ||
  (because.remedy === null && because.category !== null) ||
  categories.some((id) => own(context.categories, id)?.nature === 'illegal');

/**
 * The page somebody sees instead of a blocked site (FIL-19): which site, why in plain words, the rule and the
 * clause it stands on, what can be done, and where to get help or tell someone (ALR-09).
 */
export function renderBlockPage(context: BlockPageContext, judgement: Judgement, host: string, client: Client): string {
  if (isNeutral(judgement, context)) return renderNeutral(context);
  if (judgement.because.rule === SEARCH_HELP) return renderSearchHelp(context, judgement);
  const { because } = judgement;
  const care = because.category === null ? undefined : own(CARE, because.category);
  const title = titleOf(because.rule);
  const main = html`
${care === undefined ? null : careCard(care)}
<h1>${title}</h1>
<p class="site">${host}</p>
<p class="why">${because.text}</p>
${facts(context, judgement)}
${remedy(context, judgement, host, client)}
${helpCard(context, care !== undefined, care === undefined ? host : null, because.category)}`;
  return layout(context.school, title, main, RECORDED);
}

function titleOf(rule: string): string {
  if (rule === FILE_RULE) return 'This file may not be fetched here';
  return rule.startsWith(ACCESS_RULE) ? 'This is closed for now' : 'This site is closed here';
}

function renderNeutral(context: BlockPageContext): string {
  const main = html`
<h1>This page cannot be opened</h1>
<p class="why">If it came up without your looking for it, close it and carry on. If anything you saw or read worries you, please tell someone.</p>
${helpCard(context, false)}`;
  return layout(context.school, 'This page cannot be opened', main, RECORDED);
}

/** For somebody who searched for a way out: kind words and people who listen, and nothing about rules. */
function renderSearchHelp(context: BlockPageContext, { because }: Judgement): string {
  const words = own(CARE, because.category ?? '') ?? because.text;
  const main = html`
<h1>You are not alone</h1>
<p class="why">${because.text}</p>
${careCard(words)}
${helpCard(context, true)}`;
  return layout(context.school, 'You are not alone', main, RECORDED);
}

/** A page that is no block: an address that does not answer, a sign-in that is needed, the way to Gatehouse's pages. */
export interface Notice {
  readonly title: string;
  readonly text: string;
  readonly link?: { readonly href: string; readonly text: string };
}

export function renderNotice(context: BlockPageContext, { title, text, link }: Notice): string {
  const action = link === undefined ? null : html`<p><a class="action" href="${link.href}">${link.text}</a></p>`;
  return layout(context.school, title, html`<h1>${title}</h1>\n<p class="why">${text}</p>\n${action}`);
}

/** One line for what is no page: a picture, a script, a program. */
export function renderLine(context: BlockPageContext, judgement: Judgement): string {
  if (isNeutral(judgement, context)) return 'This address cannot be opened.\n';
  return `${judgement.because.text} (${context.school}, rule ${judgement.because.rule})\n`;
}

function facts(context: BlockPageContext, { because }: Judgement): Html {
  const category = because.category === null ? undefined : own(context.categories, because.category);
  const clause = because.clause === null ? undefined : own(context.clauses, because.clause);
  return html`<dl>
${category === undefined ? null : html`<dt>Kind of site</dt><dd>${category.name}</dd>`}
<dt>Rule</dt><dd>${because.rule}</dd>
${clause === undefined ? null : html`<dt>School policy</dt><dd>Clause ${clause.number}: ${clause.text}</dd>`}
</dl>`;
}

function remedy(context: BlockPageContext, { because }: Judgement, host: string, client: Client): Html | null {
  const { pagesUrl } = context;
  if (because.rule === FILE_RULE) return mayAskForPrograms(context, client) ? programCard(pagesUrl, host) : null;
  if (because.rule.startsWith(ACCESS_RULE)) {
    return html`<section class="card"><h2>What you can do</h2><p>You can always tell someone at school what worries you, or say that this is a mistake. That works as before.</p></section>`;
  }
  if (because.remedy === 'wait') {
    return html`<section class="card"><h2>What you can do</h2><p>This site opens by itself at the times the school has set. Until then there is nothing you need to do.</p></section>`;
  }
  if (because.remedy === null || pagesUrl === null) return null;
  const signIn = html`${pagesUrl}/sign-in`;
  if (because.remedy === 'sign-in') {
    return html`<section class="card"><h2>What you can do</h2><p>We do not know who is using this device, so the strictest rules apply. Sign in, and the rules for you will apply instead.</p><p><a class="action" href="${signIn}">Sign in</a></p></section>`;
  }
  const asked = new URLSearchParams({
    site: host,
    rule: because.rule,
    ...(because.category && { category: because.category }),
  });
  const stranger =
    client.how === 'unidentified'
      ? html`<p>Or <a href="${signIn}">sign in first</a>: more may be open to you then.</p>`
      : null;
  return html`<section class="card"><h2>What you can do</h2><p>If you need this site for your work, ask for it. A person at school will look at it and tell you what they decide.</p><p><a class="action" href="${pagesUrl}/ask?${asked.toString()}">Ask for this site</a></p>${stranger}</section>`;
}

/** SEC-10: whoever works here has a way to a program. */
const mayAskForPrograms = ({ profiles }: BlockPageContext, client: Client): boolean =>
  profiles?.find((p) => p.id === client.profile)?.audience === 'staff';

function programCard(pagesUrl: string | null, host: string): Html | null {
  if (pagesUrl === null) return null;
  const asked = new URLSearchParams({ site: host });
  return html`<section class="card"><h2>What you can do</h2><p>If you need this program for your work, ask for it. Those who look after the school’s computers install it, or find another way.</p><p><a class="action" href="${pagesUrl}/ask/program?${asked.toString()}">Ask for a program</a></p></section>`;
}

function careCard(words: string): Html {
  return html`<section class="card care" aria-label="Help for you"><p class="why">${words}</p><ul>${HELP_LINES.filter((l) => l.phone).map(helpLine)}</ul></section>`;
}

/** `site`: what the page stood for, which goes along when somebody tells of it (SAN-18); null where nothing is said of it. */
function helpCard(
  { pagesUrl }: BlockPageContext,
  linesShown: boolean,
  site: string | null = null,
  category: string | null = null,
): Html {
  const about = site === null ? '' : `?${new URLSearchParams({ site, ...(category && { category }) }).toString()}`;
  const tell =
    pagesUrl === null
      ? html`<p>Talk to an adult at school whom you trust.</p>`
      : html`<p><a href="${pagesUrl}/tell${about}">Tell someone at school</a> about anything online that worries you, whether it happened to you or to somebody else.</p>`;
  const lines = linesShown ? HELP_LINES.filter((l) => !l.phone) : HELP_LINES;
  return html`<section class="card"><h2>Get help or tell someone</h2>${tell}<ul>${lines.map(helpLine)}</ul></section>`;
}

function helpLine({ name, about, site, phone }: HelpLine): Html {
  const call = phone === undefined ? null : html`, <a href="tel:${phone.dial}">${phone.shown}</a>`;
  return html`<li><a href="${site}">${name}</a>${call} <span>– ${about}</span></li>`;
}

/** Ids come from lists and policies; one called "constructor" must find nothing. */
const own = <T>(record: Readonly<Record<string, T>>, key: string): T | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined;
