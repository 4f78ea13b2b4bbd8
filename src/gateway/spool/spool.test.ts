import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { TestClock } from '#core/clock.ts';
import { type ControlClient, ControlRefusal } from '../feed/control-client.ts';
import { deliver } from './delivery.ts';
import { Spool } from './spool.ts';

const root = mkdtempSync(join(tmpdir(), 'gatehouse-spool-'));
after(() => rmSync(root, { recursive: true }));
let n = 0;
const folder = () => join(root, String(n++));
const clock = new TestClock(1_700_000_000_000);
const linesOf = (body: Buffer) => body.toString().split('\n').filter(Boolean);

/** Take everything, as delivery would. */
function drain(spool: Spool): string[] {
  const out: string[] = [];
  for (let b = spool.next(); b; b = spool.next()) {
    assert.equal(linesOf(b.body).length, b.lines);
    out.push(...linesOf(b.body));
    spool.taken(b.number);
  }
  return out;
}

test('MON-01 what was spooled is there after the process was killed and started again, in order, half a line left out', () => {
  const at = folder();
  const first = new Spool(at, clock);
  first.append(['{"a":1}', '{"a":2}']);
  // A kill in mid-write: the file of the growing segment ends in half a line.
  appendFileSync(join(at, readdirSync(at)[0] ?? ''), '{"a":3');
  const second = new Spool(at, clock);
  second.append(['{"a":4}']);
  assert.deepEqual(drain(second), ['{"a":1}', '{"a":2}', '{"a":4}']);
  assert.deepEqual(readdirSync(at), []);
});

test('a line that lost its sense with the machine’s power is left out, and those around it are not', () => {
  const at = folder();
  const first = new Spool(at, clock);
  first.append(['{"a":1}']);
  appendFileSync(join(at, readdirSync(at)[0] ?? ''), '\0\0\0\n{"a":2}\n');
  assert.deepEqual(drain(new Spool(at, clock)), ['{"a":1}', '{"a":2}']);
});

test('where its folder cannot be, it says so, keeps what comes in memory, and writes to disk once it can', () => {
  const at = folder();
  writeFileSync(at, 'a file stands where the folder should be');
  const spool = new Spool(at, clock);
  assert.notEqual(spool.failing, null);
  spool.append(['1']);
  assert.notEqual(spool.failing, null);
  rmSync(at);
  spool.append(['2']);
  assert.deepEqual([spool.failing, readdirSync(at).length], [null, 1]);
  assert.deepEqual(drain(spool), ['1', '2']);
});

test('a segment that somebody took away is said and does not hold up those after it', () => {
  const at = folder();
  const first = new Spool(at, clock);
  first.append(['1']);
  first.close();
  first.append(['2']);
  rmSync(join(at, readdirSync(at).sort()[0] ?? ''));
  assert.throws(() => first.next(), { code: 'ENOENT' });
  assert.deepEqual(drain(first), ['2']);
});

test('a batch that was not taken comes again under the same number', () => {
  const spool = new Spool(folder(), clock);
  spool.append(['x']);
  const a = spool.next();
  spool.append(['y']);
  const b = spool.next();
  assert.equal(a?.number, b?.number);
  assert.deepEqual(a?.body, b?.body);
});

test('a batch number is never used again, also after the folder was lost', () => {
  const at = folder();
  const first = new Spool(at, clock);
  first.append(['x']);
  const used = first.next()?.number ?? 0;
  rmSync(at, { recursive: true });
  clock.advance(1);
  const second = new Spool(at, clock);
  second.append(['y']);
  assert.ok((second.next()?.number ?? 0) > used);
});

test('a full disk is said aloud, loses nothing, and heals by itself', () => {
  // /dev/full answers every write as a full disk does: ENOSPC.
  const full = openSync('/dev/full', 'w');
  let diskFull = false;
  const write = (fd: number, data: Buffer) => void writeSync(diskFull ? full : fd, data);
  const spool = new Spool(folder(), clock, write);
  spool.append(['1']);
  diskFull = true;
  spool.append(['2']);
  assert.equal(spool.failing, 'ENOSPC');
  spool.append(['3']);
  const sent: string[] = [];
  // While the disk is full, what waits in memory is delivered from there.
  for (let i = 0; i < 2; i++) {
    const b = spool.next();
    sent.push(...linesOf(b!.body));
    spool.taken(b!.number);
  }
  diskFull = false;
  spool.append(['4']);
  assert.equal(spool.failing, null);
  assert.deepEqual([...sent, ...drain(spool)], ['1', '2', '3', '4']);
  assert.equal(spool.lost, 0);
});

test('MON-01 a batch that control will never take is kept aside and does not hold up what comes after it', async () => {
  const at = folder();
  const spool = new Spool(at, clock);
  const got: string[] = [];
  const control = {
    activity: async (_number: number, body: Buffer) => {
      if (body.toString().startsWith('bad')) throw new ControlRefusal(400);
      got.push(body.toString());
    },
  } as unknown as ControlClient;
  spool.append(['bad']);
  const delivery = deliver(
    spool,
    () => control,
    () => undefined,
  );
  await new Promise((r) => setTimeout(r, 20));
  spool.append(['good']);
  delivery.wake();
  await new Promise((r) => setTimeout(r, 20));
  await delivery.stop(100);
  assert.deepEqual(got, ['good\n']);
  assert.deepEqual(
    readdirSync(at).map((f) => f.replace(/^\d+/, '')),
    ['.refused'],
  );
});

test('whatever the order of writing, failing, restarting and taking, every line comes out exactly once', () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 5 }) }),
    fc.constant({ kind: 'take' as const }),
    fc.constant({ kind: 'full' as const }),
    fc.constant({ kind: 'free' as const }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 40 }), (acts) => {
      let full = false;
      const spool = new Spool(folder(), clock, (fd, data) => {
        // A disk that fills takes the first part of what is written.
        writeSync(fd, full ? data.subarray(0, data.length >> 1) : data);
        if (full) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      });
      const written: string[] = [];
      const out: string[] = [];
      for (const a of acts) {
        if (a.kind === 'append') {
          const lines = Array.from({ length: a.count }, (_, i) => `${written.length + i}`);
          written.push(...lines);
          spool.append(lines);
        } else if (a.kind === 'take') {
          const b = spool.next();
          if (b) {
            out.push(...linesOf(b.body));
            spool.taken(b.number);
          }
        } else full = a.kind === 'full';
      }
      full = false;
      spool.append(['end']);
      out.push(...drain(spool));
      assert.deepEqual(out.filter((l) => l !== 'end').sort(), written.sort());
    }),
    { numRuns: 60 },
  );
});
