import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { EvidenceConfig } from '#platform/config.evidence.ts';
import { type Config, dataPaths, readConfig } from '#platform/config.ts';
import { record } from '#platform/ledger.ts';
import type { TestDatabase } from '#testing/database.ts';
import { temporaryFolder } from '#testing/folder.ts';
import { type Part, type TestSchool, testSchool } from '#testing/web.ts';
import type { Asker } from './enter.ts';
import { takeFile } from './files.service.ts';
import type { CaseEntryText, CaseSide, GateAct } from './gate.ts';

/** A made-up outside body. */
const OUTSIDE = generateKeyPairSync('rsa', { modulusLength: 3072 });
export const outsidePrivate: KeyObject = OUTSIDE.privateKey;
export const ESCROW: string = OUTSIDE.publicKey.export({ type: 'spki', format: 'pem' }) as string;

export interface Vault {
  readonly school: TestSchool;
  readonly side: CaseSide;
  readonly config: Config;
  /** What was written in cases' logs. */
  readonly entries: (CaseEntryText & { readonly caseId: string; readonly by: string | null })[];
  /** Acts that the gate refuses, and cases that it says are sealed. */
  readonly refused: Set<GateAct>;
  readonly halted: Set<string>;
  as(part: Part, device?: string): Asker;
  openCase(more?: { subjects?: string[]; closedAt?: Date }): Promise<{ id: string; reference: string }>;
  take(
    which: string,
    content: Buffer | AsyncIterable<Buffer>,
    more?: { by?: Part; name?: string; description?: string },
  ): Promise<{ item: string; number: number }>;
  /** Files in the school's folder of the vault. */
  onDisk(): string[];
}

let cases = 0;

/** A school with a vault and a case side whose answers the test decides. */
export async function vault(t: TestDatabase, evidence: Partial<EvidenceConfig> = {}): Promise<Vault> {
  const base = readConfig({}, '/', temporaryFolder('evidence'));
  const config: Config = { ...base, evidence: { ...base.evidence, escrow: ESCROW, ...evidence } };
  const school = await testSchool(t, { policy: 'tuition-centre', config });
  const entries: Vault['entries'] = [];
  const refused = new Set<GateAct>();
  const halted = new Set<string>();
  const closed = new Map<string, Date>();
  const table = { head: ['When', 'What'], rows: [['2026-11-03', 'A line from the case']] };
  const side: CaseSide = {
    gate: {
      may: async (_tx, _viewer, _case, act) =>
        refused.has(act) ? { ok: false, reason: `The case does not let you ${act} now.` } : { ok: true },
      sealed: async (_tx, caseId) => halted.has(caseId),
      entry: async (tx, viewer, caseId, { action, text, detail }) => {
        const actor = viewer?.person.id ?? null;
        entries.push({ caseId, by: actor, action, text, detail });
        await record(tx, {
          school: school.id,
          actor,
          action,
          object: { kind: 'case', id: caseId },
          detail,
          text: { text },
          at: school.clock.now(),
        });
      },
    },
    find: async (tx, which) => {
      const row = await tx
        .selectFrom('case_file')
        .select(['id', 'reference'])
        .where((e) => e.or([e('reference', '=', which), e(e.cast<string>('id', 'text'), '=', which)]))
        .executeTakeFirst();
      return row ? { ...row, closedAt: closed.get(row.id) ?? null } : null;
    },
    suspect: async (_tx, _viewer, caseId) => void halted.add(caseId),
    device: async (request) => (typeof request.headers['x-device'] === 'string' ? request.headers['x-device'] : null),
    log: async () => table,
    visits: async () => ({ head: ['When', 'Address'], rows: [['2026-11-03', 'https://bad.example/page']] }),
  };
  const as = (part: Part, device?: string): Asker => ({ viewer: school.people[part].viewer, device: device ?? null });
  return {
    school,
    side,
    config,
    entries,
    refused,
    halted,
    as,
    openCase: async (more = {}) => {
      const reference = `C-T${String(++cases).padStart(5, '0')}`;
      const [row] = await t.asOwner<{ id: string }>(
        `insert into case_file (school_id, reference, title, source, urgency, state, opened_at, subjects)
         values ($1, $2, 'Messages in a chat', 'logged', 'soon', 'triage', $3, $4) returning id`,
        [school.id, reference, new Date(school.clock.now()), more.subjects ?? [school.people.year8.id]],
      );
      if (!row) throw new Error('no case');
      if (more.closedAt) closed.set(row.id, more.closedAt);
      return { id: row.id, reference };
    },
    take: (which, content, more = {}) =>
      takeFile(school.deps, side, as(more.by ?? 'dsl', 'SET-APART-1'), which, {
        description: more.description ?? 'Screenshot of the chat',
        name: more.name ?? 'chat.png',
        mayShowChild: 'no',
        source: Buffer.isBuffer(content) ? pieces(content) : content,
      }),
    onDisk: () => readdirSync(join(dataPaths(config.data).evidence, school.id)).sort(),
  };
}

export async function* pieces(content: Buffer, size = 10_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size);
}

export async function collect(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of source) all.push(piece);
  return Buffer.concat(all);
}

/** A server that speaks clamd's INSTREAM (clamd(8)) and answers by what it was sent. */
export async function clamd(
  answer: (content: Buffer, socket: Socket) => string | null,
  limit = Infinity,
): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    let all: Buffer = Buffer.alloc(0);
    socket
      .on('error', () => undefined)
      .on('data', (data: Buffer) => {
        all = Buffer.concat([all, data]);
        const content: Buffer[] = [];
        let at = 'zINSTREAM\0'.length;
        if (all.length >= at) assert.equal(all.toString('latin1', 0, at), 'zINSTREAM\0');
        let size = 0;
        while (all.length >= at + 4) {
          const length = all.readUInt32BE(at);
          if (length === 0) {
            const says = answer(Buffer.concat(content), socket);
            if (says !== null) socket.end(`${says}\0`);
            return;
          }
          if (all.length < at + 4 + length) break;
          content.push(all.subarray(at + 4, at + 4 + length));
          size += length;
          at += 4 + length;
        }
        if (size > limit) socket.end('INSTREAM size limit exceeded. ERROR\0');
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { port: typeof address === 'object' && address ? address.port : 0, server };
}
