import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Client, Judgement } from '../judge.ts';
import {
  type BlockPageContext,
  CONTENT_SECURITY_POLICY,
  contextOf,
  renderBlockPage,
  renderLine,
  renderNotice,
} from './index.ts';

const CONTEXT: BlockPageContext = {
  school: 'Meadowbank School',
  pagesUrl: 'https://gatehouse.meadowbank.example',
  clauses: { 'filtering.gambling': { number: '4.3', text: 'Betting is kept from pupils.' } },
  categories: {
    gambling: { name: 'Gambling', nature: 'ordinary' },
    'self-harm': { name: 'Self-harm and suicide', nature: 'ordinary' },
    'child-abuse': { name: 'Child sexual abuse', nature: 'illegal' },
  },
};
const PUPIL: Client = { address: '10.0.0.7', person: 'p1', device: null, profile: 'pupil-8', how: 'session' };
const STRANGER: Client = { ...PUPIL, person: null, profile: 'unidentified', how: 'unidentified' };

const blocked = (because: Partial<Judgement['because']> = {}, categories: string[] = ['gambling']): Judgement => ({
  outcome: 'block',
  because: {
    rule: 'UAR-20',
    category: 'gambling',
    clause: 'filtering.gambling',
    text: 'Betting sites are not allowed for pupils.',
    remedy: 'ask',
    ...because,
  },
  categories,
});

test('FIL-19 the page names the site, the reason, the rule and the clause, and links to asking for it', () => {
  const page = renderBlockPage(CONTEXT, blocked(), 'bets.example', PUPIL);
  for (const words of [
    '<html lang="en-GB">',
    'This site is closed here',
    'bets.example',
    'Betting sites are not allowed for pupils.',
    '<dt>Kind of site</dt><dd>Gambling</dd>',
    '<dt>Rule</dt><dd>UAR-20</dd>',
    'Clause 4.3: Betting is kept from pupils.',
    'href="https://gatehouse.meadowbank.example/ask?site=bets.example&amp;rule=UAR-20&amp;category=gambling"',
    'Meadowbank School',
  ]) {
    assert.ok(page.includes(words), words);
  }
  assert.doesNotMatch(page, /sign-in/);
});

test('ALR-09 every block page leads to telling someone, and to help that needs no account', () => {
  const illegal = blocked({ rule: 'safety.illegal', category: 'child-abuse', clause: null, remedy: null }, [
    'child-abuse',
  ]);
  for (const judgement of [blocked(), blocked({ remedy: 'wait' }), blocked({ remedy: 'sign-in' }), illegal]) {
    const page = renderBlockPage(CONTEXT, judgement, 'bets.example', PUPIL);
    assert.match(page, /href="https:\/\/gatehouse\.meadowbank\.example\/tell["?]/);
    assert.match(page, /Childline<\/a>, <a href="tel:08001111">0800 1111/);
  }
});

test('SAN-18 the way to tell someone takes along what was met, but nothing where nothing may be said or a child may be looking for help', () => {
  const link = (judgement: Judgement) =>
    /example\/tell([^"]*)"/.exec(renderBlockPage(CONTEXT, judgement, 'bets.example', PUPIL))?.[1];
  assert.equal(link(blocked()), '?site=bets.example&amp;category=gambling');
  assert.equal(link(blocked({ category: 'self-harm' }, ['self-harm'])), '');
  assert.equal(
    link(blocked({ rule: 'safety.illegal', category: 'child-abuse', clause: null, remedy: null }, ['child-abuse'])),
    '',
  );
});

test('what can be done depends on the remedy', () => {
  const page = (remedy: Judgement['because']['remedy'], client: Client): string =>
    renderBlockPage(CONTEXT, blocked({ remedy }), 'bets.example', client);
  assert.match(page('sign-in', STRANGER), /class="action" href="https:\/\/gatehouse\.meadowbank\.example\/sign-in"/);
  assert.doesNotMatch(page('sign-in', STRANGER), /\/ask/);
  assert.match(page('wait', PUPIL), /opens by itself at the times/);
  assert.doesNotMatch(page('wait', PUPIL), /\/ask|sign-in/);
  assert.match(page('ask', STRANGER), /\/ask\?[\s\S]*sign in first/);
});

test('FIL-19 illegal content is answered in neutral words: no site, kind, rule, clause or way to ask', () => {
  const neutral: Judgement[] = [
    blocked({ rule: 'safety.illegal', category: 'child-abuse', clause: null, remedy: null, text: 'Child abuse.' }, [
      'child-abuse',
    ]),
    // An illegal cell of a matrix, and an illegal category that another rule happened to decide before.
    blocked({ remedy: null, text: 'Child abuse.' }),
    blocked({ text: 'Child abuse.' }, ['gambling', 'child-abuse']),
  ];
  for (const judgement of neutral) {
    for (const text of [renderBlockPage(CONTEXT, judgement, 'dark.example', PUPIL), renderLine(CONTEXT, judgement)]) {
      assert.doesNotMatch(text, /dark\.example|illegal|abuse|UAR-20|Gambling|4\.3|\/ask|Kind of site|Rule/);
    }
  }
});

test('help comes first where somebody may be looking for a way out', () => {
  const page = renderBlockPage(CONTEXT, blocked({ category: 'self-harm' }, ['self-harm']), 'sad.example', PUPIL);
  assert.ok(page.indexOf('you do not have to carry it alone') < page.indexOf('This site is closed here</h1>'));
  assert.ok(page.indexOf('0800 1111') < page.indexOf('This site is closed here</h1>'));
});

test('a block that no policy decided says so, and offers nothing that is not there', () => {
  const judgement = blocked(
    { rule: 'no-policy', category: null, clause: null, remedy: null, text: 'We cannot check.' },
    [],
  );
  const page = renderBlockPage(contextOf(null), judgement, 'site.example', STRANGER);
  assert.match(page, /We cannot check\.[\s\S]*no-policy[\s\S]*an adult at school whom you trust/);
  assert.doesNotMatch(page, /\/ask|\/tell|\/sign-in|null|undefined/);
});

test('the page is complete in itself, small, and its policy lets in exactly its own style', () => {
  const page = renderBlockPage(CONTEXT, blocked(), 'bets.example', STRANGER);
  assert.ok(Buffer.byteLength(page) < 30 * 1024);
  assert.doesNotMatch(page, /<script|<img|<link|<form|<iframe|@import|url\(|style="|\son\w+=/i);
  const style = /<style>([\s\S]*?)<\/style>/.exec(page)?.[1] ?? '';
  const hash = createHash('sha256').update(style).digest('base64');
  assert.ok(CONTENT_SECURITY_POLICY.includes(`style-src 'sha256-${hash}'`));
  assert.match(CONTENT_SECURITY_POLICY, /^default-src 'none'/);
  for (const shape of ['prefers-color-scheme:dark', '@media print', 'max-width:30rem', 'focus-visible']) {
    assert.ok(style.includes(shape), shape);
  }
});

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test('text stands out 7:1 from what is behind it, by day and by night, and nothing is red', () => {
  const page = renderNotice(CONTEXT, { title: 'A', text: 'B' });
  const themes = [...page.matchAll(/:root\{([^}]*--paper:#\w{6}[^}]*)\}/g)].map(([, vars = '']) =>
    Object.fromEntries([...vars.matchAll(/--([\w-]+):(#\w{6})/g)].map(([, name, value]) => [name, value])),
  );
  assert.equal(themes.length, 2);
  for (const theme of themes) {
    const contrast = (a: string, b: string): number => {
      const [high, low] = [luminance(theme[a] ?? ''), luminance(theme[b] ?? '')].sort((x, y) => y - x) as [
        number,
        number,
      ];
      return (high + 0.05) / (low + 0.05);
    };
    for (const back of ['paper', 'card', 'tint']) {
      for (const ink of ['ink', 'soft', 'green']) assert.ok(contrast(ink, back) >= 7, `${ink} on ${back}`);
    }
    assert.ok(contrast('on-green', 'green') >= 7);
    for (const colour of Object.values(theme)) {
      const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(String(colour).slice(at, at + 2), 16));
      assert.ok(r < g + 60 || r < b + 60, `${colour} is red`);
    }
  }
});

test('whatever a host, a rule, a school or a clause holds, it stays text', () => {
  const nasty = fc.oneof(
    fc.string(),
    fc.constantFrom('<script>', '"><b>', "'", '&amp;', '</style>', '{{7*7}}', '__proto__'),
  );
  const tags = (page: string): number => page.split('<').length;
  fc.assert(
    fc.property(nasty, nasty, nasty, nasty, (host, rule, school, text) => {
      const context = { ...CONTEXT, school, clauses: { c: { number: text, text } } };
      const page = renderBlockPage(context, blocked({ rule, text, clause: 'c', category: null }, []), host, PUPIL);
      const plain = { ...CONTEXT, clauses: { c: { number: '1', text: 'x' } } };
      const expected = renderBlockPage(plain, blocked({ rule: 'r', clause: 'c', category: null }, []), 'h', PUPIL);
      if (rule !== 'safety.illegal') assert.equal(tags(page), tags(expected));
      assert.equal(
        tags(renderNotice({ ...CONTEXT, school }, { title: host, text })),
        tags(renderNotice(CONTEXT, { title: 'a', text: 'b' })),
      );
    }),
  );
});

test('SEC-10 whoever works here is led from a refused program to asking for it; pupils and strangers are not', () => {
  const refused = blocked(
    { rule: 'FIL-09', category: null, remedy: null, text: 'Programs may not be fetched here.' },
    [],
  );
  const profile = (id: string, audience: 'staff' | 'pupil') =>
    ({ id, name: id, audience, clause: '', uncategorised: 'allow', cells: {} }) as const;
  const context = { ...CONTEXT, profiles: [profile('teachers', 'staff'), profile('pupil-8', 'pupil')] };
  const page = (client: Client) => renderBlockPage(context, refused, 'tools.example', client);
  const teacher: Client = { ...PUPIL, profile: 'teachers' };
  assert.match(page(teacher), /href="https:\/\/gatehouse\.meadowbank\.example\/ask\/program\?site=tools\.example"/);
  for (const client of [PUPIL, STRANGER]) assert.doesNotMatch(page(client), /ask\/program/);
});
