import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FILE_GROUPS } from '#policy/snapshot.ts';
import { FILE_TYPE_GROUPS, groupByBytes, groupByName, TELLING_BYTES } from './file-types.ts';

const ALL = Object.fromEntries(FILE_TYPE_GROUPS.map((id) => [id, null]));
const named = (path: string, contentType?: string, disposition?: string, refused: object = ALL) =>
  groupByName({ path, contentType, disposition }, { ...refused });
const starting = (text: string, refused: object = ALL) => groupByBytes(Buffer.from(text, 'latin1'), { ...refused });
const padded = (text: string) => text.padEnd(TELLING_BYTES, '\0');

test('the groups that a policy can refuse are the groups that files are told apart by', () => {
  assert.deepEqual([...FILE_TYPE_GROUPS].sort(), [...FILE_GROUPS].sort());
});

test('FIL-09 a dangerous file is known by its address, its type, or the name it is to be saved under', () => {
  for (const path of [
    '/setup.exe',
    '/a/SETUP.EXE?x=1',
    '/setup.exe%20',
    '/setup.exe.',
    '/s%65tup.%65xe',
    '/setup.exe;v=1',
  ])
    assert.equal(named(path, 'application/octet-stream'), 'executables', path);
  assert.equal(named('/get?id=7', 'application/x-msdownload'), 'executables');
  assert.equal(named('/get?id=7', 'Application/X-MSI; charset=binary'), 'executables');
  for (const disposition of [
    'attachment; filename="run me.bat"',
    'attachment; filename=run.bat',
    "attachment; filename*=UTF-8''run%2Ebat",
    'attachment; filename="harmless.txt"; filename*=UTF-8\'\'run.bat',
    'attachment; filename="run\\.bat"',
  ]) {
    assert.equal(named('/get', 'text/html', disposition), 'scripts', disposition);
  }
  assert.equal(named('/holiday.iso'), 'disk-images');
  assert.equal(named('/sums.xlsm'), 'macros');
});

test('pages, pictures, documents and ordinary downloads are not taken for one', () => {
  for (const [path, type] of [
    ['/wiki/File:setup.exe', 'text/html; charset=utf-8'],
    ['/app.js', 'text/javascript'],
    ['/essay.docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document'],
    ['/archive.zip', 'application/zip'],
    ['/example.com', 'text/html'],
    ['/', undefined],
  ] as const) {
    assert.equal(named(path, type), null, path);
  }
});

test('FIL-09 a program is known by how it begins, whatever it is called', () => {
  assert.equal(starting(padded('MZ\x90\0\x03')), 'executables');
  assert.equal(starting('\x7fELF'), 'executables');
  assert.equal(starting('\xcf\xfa\xed\xfe'), 'executables');
  assert.equal(starting(padded('PK\x03\x04\x14\0\0\0\0\0..........META-INF/MANIFEST.MF')), 'executables');
  assert.equal(starting(padded('PK\x03\x04\x14\0\0\0\0\0..........AndroidManifest.xml')), 'executables');
  assert.equal(starting('#!/bin/sh\n'), 'scripts');
  assert.equal(starting(padded('PK\x03\x04\x14\0\0\0\0\0..........word/vbaProject.bin')), 'macros');
});

test('a text that begins alike, an office document and a picture pass', () => {
  for (const text of [
    'MZ is the postcode of somewhere'.padEnd(TELLING_BYTES, '.'),
    '\x89PNG\r\n',
    '%PDF-1.7',
    '<!doctype html>',
    '{}',
  ])
    assert.equal(starting(text), null, text);
  assert.equal(starting(padded('PK\x03\x04\x14\0\0\0\0\0..........[Content_Types].xml')), null);
});

test('only what is refused is looked for, and one byte more decides what too few could not', () => {
  assert.equal(named('/setup.exe', undefined, undefined, { macros: null }), null);
  assert.equal(starting('\x7fELF', { macros: null }), null);
  assert.equal(starting('\x7f'), 'more');
  assert.equal(starting('M'), 'more');
  assert.equal(starting('d'), 'more'); // an Android program begins "dex"
  assert.equal(starting('data: an event'), null);
});

test('whatever comes in whatever pieces, the answer is the same, and waiting ends', () => {
  const starts = fc.constantFrom('MZ', '\x7fELF', 'PK\x03\x04', '#!', 'CR24', '');
  fc.assert(
    fc.property(starts, fc.uint8Array({ maxLength: 100 }), (start, rest) => {
      const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
      const whole = groupByBytes(bytes, ALL);
      if (bytes.length >= TELLING_BYTES) assert.notEqual(whole, 'more');
      for (let n = 1; n < bytes.length; n++) {
        const part = groupByBytes(bytes.subarray(0, n), ALL);
        // A ZIP may name its members later; nothing else changes once it is said.
        if (part !== 'more' && start !== 'PK\x03\x04') assert.equal(part, whole === 'more' ? part : whole);
      }
    }),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.string(), (path, type, disposition) => {
      named(path, type, disposition);
    }),
  );
});
