import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NavItem, navFor } from './nav.ts';

const items: NavItem[] = [
  { href: '/policy/versions', text: 'Versions', duties: ['dsl'], order: 2, within: '/policy' },
  { href: '/policy', text: 'Policy', duties: ['staff'], order: 5 },
  { href: '/roles', text: 'Roles', duties: ['staff'], order: 1, within: '/policy' },
  { href: '/', text: 'Today', duties: ['staff'], order: 1 },
];
const seen = (path: string, duties = ['staff', 'dsl']) =>
  navFor(items, duties, path).map((n) => [
    n.current ? `[${n.text}]` : n.text,
    ...n.below.map((b) => (b.current ? `[${b.text}]` : b.text)),
  ]);

test('links that belong to another stand below it, while the reader is there', () => {
  assert.deepEqual(seen('/'), [['[Today]'], ['Policy']]);
  assert.deepEqual(seen('/policy'), [['Today'], ['[Policy]', 'Roles', 'Versions']]);
  assert.deepEqual(seen('/roles/dsl'), [['Today'], ['Policy', '[Roles]', 'Versions']]);
  assert.deepEqual(seen('/policy/versions/3'), [['Today'], ['Policy', 'Roles', '[Versions]']]);
});

test('nobody is shown a link they may not follow', () => {
  assert.deepEqual(seen('/policy/versions', ['staff']), [['Today'], ['[Policy]', 'Roles']]);
  assert.deepEqual(seen('/policy', ['pupil']), []);
});
