import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { Refusal } from '#core/errors.ts';
import { type ImportRow, MAX_BYTES, readImport, writeCsv } from './import.rules.ts';

const read = (text: string | Buffer, kind: 'pupil' | 'staff' = 'pupil') => readImport(Buffer.from(text), kind);
const people = (rows: ImportRow[]) => rows.map((r) => ('person' in r ? r.person : r.faults));
const zed = { username: 'z.pupil', displayName: 'Zed Pupil', kind: 'pupil', yearGroup: 8, groupName: '8B' };

test('headings are known by meaning, whatever the system calls them and in whatever order', () => {
  const same = [
    'username,name,kind,year,form\nz.pupil,Zed Pupil,pupil,8,8B\n',
    'Reg Group;Surname;Forename;Year Group;User Name;Shoe size\r\n8B;Pupil;Zed;Year 8;Z.Pupil;38\r\n',
    '\ufeff"Login"\t"Full name"\t"Yr"\t"Class"\n"z.pupil"\t"Zed  Pupil"\t"Y8"\t" 8B "\n\n\n',
    'USERNAME,Display Name,Type,NC Year,Tutor group\rz.pupil,Zed Pupil,Student,08,8B\r',
  ];
  for (const text of same) {
    assert.deepEqual(
      people(read(text)).map((p) => JSON.parse(JSON.stringify(p))),
      [zed],
      text,
    );
  }
});

test('a file is read in the letters it was saved in', () => {
  const text = 'username,name,year\nl.kasz,Łukasz Müller,7\n';
  const names = [read(text), read(Buffer.from(`\ufeff${text}`, 'utf16le'))].flatMap(people);
  assert.deepEqual(
    names.map((p) => 'displayName' in p && p.displayName),
    ['Łukasz Müller', 'Łukasz Müller'],
  );
  const [windows] = people(read(Buffer.from('username,name,year\nz.m,Zoë Müller,7\n', 'latin1')));
  assert.equal(windows && 'displayName' in windows && windows.displayName, 'Zoë Müller');
});

test('every fault stands with its own line, and quoted line breaks do not shift the lines after them', () => {
  const rows = read(
    'username,name,kind,year\n' +
      'a.one,"Ann\nOne",pupil,7\n' +
      'bad name,Ben Two,pupil,7\n' +
      'c.three,,pupil,7\n' +
      'd.four,Dan Four,wizard,7\n' +
      'e.five,Eve Five,pupil,77\n' +
      'f.six,Fay Six,staff,7\n' +
      'g.seven,Gil Seven,pupil,\n' +
      'z.ok,Zed Ok,pupil,7\n' +
      'Z.OK,Zed Again,pupil,7\n' +
      'h.eight,Hal, Eight,pupil,7\n',
  );
  const faults = rows.map((r) => ('faults' in r ? `${r.line} ${r.faults.join(' / ')}` : `${r.line} ok`));
  assert.deepEqual(
    faults.map((f) => /^\d+ (?:ok|.{12})/.exec(f)?.[0]),
    [
      '3 A name is on',
      '4 A username h',
      '5 Enter a name',
      '6 Choose what ',
      '7 A year group',
      '8 Only pupils ',
      '9 Enter the pu',
      '10 ok',
      '11 The username',
      '12 Choose what ',
    ],
  );
  assert.match(faults[8] ?? '', /already on line 10/);
  assert.match(faults[9] ?? '', /5 columns, the headings 4/);
});

test('a column that is not in the file says nothing about the people who are here', () => {
  const [person] = people(read('username,name,year\nz.pupil,Zed Pupil,8\n'));
  assert.deepEqual(person, {
    username: 'z.pupil',
    displayName: 'Zed Pupil',
    kind: 'pupil',
    yearGroup: 8,
    groupName: undefined,
    email: undefined,
  });
  const [emptied] = people(read('username,name,year,email\nz.pupil,Zed Pupil,8,\n'));
  assert.equal(emptied && 'email' in emptied ? emptied.email : 'none', null);
});

test('a file that is no list of people is refused as a whole, with what to do', () => {
  const code = (text: string | Buffer) => {
    try {
      read(text);
      return 'read';
    } catch (e) {
      assert.ok(e instanceof Refusal && e.fields?.file, String(e));
      return e.code;
    }
  };
  assert.deepEqual(
    [
      '',
      'username,name\n',
      'colour,size\nred,5\n',
      'username,login,name\na,b,c\n',
      'username,name\n"a.b,Ann\n',
      `username,name\n${'a.b,Ann B\n'.repeat(20_001)}`,
      Buffer.alloc(MAX_BYTES + 1, 'x'),
    ].map(code),
    [
      'import.empty',
      'import.empty',
      'import.headings',
      'import.heading-twice',
      'import.quotes',
      'import.too-many',
      'import.too-large',
    ],
  );
});

test('twenty thousand lines are read in a moment', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `p.${i},Pupil ${i},${7 + (i % 7)}`);
  const start = performance.now();
  assert.equal(read(`username,name,year\n${lines.join('\n')}`).length, 20_000);
  assert.ok(performance.now() - start < 3000);
});

test('whatever bytes are sent, the answer is rows or a clear refusal', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
    fc
      .array(fc.array(fc.oneof(fc.string(), fc.constantFrom('"', ',', ';', '=1+1', '8', 'a.b')), { maxLength: 6 }), {
        maxLength: 8,
      })
      .map((rows) => Buffer.from(`username,name,year\n${rows.map((r) => r.join(',')).join('\n')}`)),
  );
  fc.assert(
    fc.property(bytes, (b) => {
      try {
        for (const row of readImport(b, 'pupil')) assert.ok('person' in row || row.faults.length > 0);
      } catch (e) {
        assert.ok(e instanceof Refusal, String(e));
      }
    }),
    { numRuns: 500 },
  );
});

test('what is written can be read back, and no cell begins like a formula', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.string(), { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 5 }),
      (rows) => {
        const back = parse(writeCsv(rows), { bom: true, relax_column_count: true }) as string[][];
        assert.deepEqual(
          back.flat(),
          rows.flat().map((text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)),
        );
      },
    ),
    { numRuns: 300 },
  );
  assert.equal(writeCsv([['=1+1', 'a "b"', 'c,d']]), '\ufeff"\'=1+1","a ""b""","c,d"\r\n');
});
