import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LightMyRequestResponse as Response } from 'fastify';
import { MINUTE, TestClock } from '#core/clock.ts';
import { digestToken, newId } from '#core/ids.ts';
import { readConfig } from '#platform/config.ts';
import type { Context } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { createLog } from '#platform/log.ts';
import { newSigningKeys } from '#policy/snapshot.ts';
import type { PersonKind, RoleId } from '#policy/types.ts';
import { contextOf, createWebApp, type Room, SESSION_COOKIE, type Viewer, type WebApp } from '#web/index.ts';
import type { TestDatabase } from './database.ts';

/** Everyone a test may need; all of them are made up. */
const CAST = {
  administrator: { name: 'Ada Locke', kind: 'staff', role: 'administrator', rank: 'holder' },
  dsl: { name: 'Dina Sharp', kind: 'staff', role: 'dsl', rank: 'holder' },
  dslDeputy: { name: 'Dev Mistry', kind: 'staff', role: 'dsl', rank: 'deputy' },
  head: { name: 'Hetty Vale', kind: 'staff', role: 'head', rank: 'holder' },
  ictManager: { name: 'Ivo Nash', kind: 'staff', role: 'ict-manager', rank: 'holder' },
  filterApprover: { name: 'Fay Orchard', kind: 'staff', role: 'filter-approver', rank: 'holder' },
  coordinator: { name: 'Cora Bright', kind: 'staff', role: 'coordinator', rank: 'holder' },
  teacher: { name: 'Theo Wren', kind: 'staff', role: 'teacher', rank: 'holder' },
  staff: { name: 'Sid Marsh', kind: 'staff' },
  leadGovernor: { name: 'Lena Frost', kind: 'governor', role: 'lead-governor', rank: 'holder' },
  governor: { name: 'Gus Holt', kind: 'governor' },
  parent: { name: 'Pat Rowan', kind: 'parent' },
  volunteer: { name: 'Vi Lark', kind: 'volunteer' },
  visitor: { name: 'Will Finch', kind: 'visitor' },
  year7: { name: 'Yara Pupil', kind: 'pupil', year: 7 },
  year8: { name: 'Zed Pupil', kind: 'pupil', year: 8 },
  year12: { name: 'Sol Student', kind: 'pupil', year: 12 },
} as const satisfies Record<
  string,
  { name: string; kind: PersonKind; role?: RoleId; rank?: 'holder' | 'deputy'; year?: number }
>;
export type Part = keyof typeof CAST;

export interface TestPerson {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string | null;
  readonly viewer: Viewer;
  readonly context: Context;
}

export interface TestSchool {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly clock: TestClock;
  readonly deps: Deps;
  readonly people: Readonly<Record<Part, TestPerson>>;
  /** The lines the log was given, parsed. */
  readonly logged: Record<string, unknown>[];
}

export interface TestSchoolOptions extends Partial<Omit<Deps, 'clock' | 'db'>> {
  readonly clock?: TestClock;
  /** Adopt this document of `policies/` as version 1. */
  readonly policy?: 'secondary-school' | 'tuition-centre';
}

/** A Tuesday morning in term. */
export const SCHOOL_MORNING = Date.UTC(2026, 10, 3, 10, 0);

/** A school with one person of every role, made as the owner, in a database that may hold several schools. */
export async function testSchool(t: TestDatabase, options: TestSchoolOptions = {}): Promise<TestSchool> {
  const clock = options.clock ?? new TestClock(SCHOOL_MORNING);
  const logged: Record<string, unknown>[] = [];
  const log = options.log ?? createLog('test', (line) => logged.push(JSON.parse(line)));
  const deps: Deps = { db: t.db, clock, log, config: options.config ?? readConfig({}, '/', testFolder()) };

  const keys = newSigningKeys();
  await t.asOwner(
    `insert into installation (signing_private, signing_public, ledger_key) values ($1, $2, $3) on conflict do nothing`,
    [keys.privateKey, keys.publicKey, randomBytes(32)],
  );
  const id = newId(clock.now());
  const slug = `ashgrove-${randomBytes(4).toString('hex')}`;
  const school = { id, slug, name: 'Ashgrove School', timeZone: 'Europe/London' };
  await t.asOwner(`insert into school (id, slug, name) values ($1, $2, $3)`, [id, slug, school.name]);
  if (options.policy) {
    const document = readFileSync(new URL(`../../policies/${options.policy}.json`, import.meta.url), 'utf8');
    await t.asOwner(
      `insert into policy_version (school_id, number, document, digest, in_force_from) values ($1, 1, $2, $3, $4)`,
      [id, document, digestToken(document), new Date(clock.now())],
    );
  }

  const people = {} as Record<Part, TestPerson>;
  for (const part of Object.keys(CAST) as Part[]) people[part] = await addPerson(t, clock, school, CAST[part]);
  return { ...school, clock, deps, people, logged };
}

async function addPerson(
  t: TestDatabase,
  clock: TestClock,
  school: Viewer['school'],
  member: { name: string; kind: PersonKind; role?: RoleId; rank?: 'holder' | 'deputy'; year?: number },
): Promise<TestPerson> {
  const id = newId(clock.now());
  const username = member.name.toLowerCase().replace(' ', '.');
  const email = member.kind === 'pupil' ? null : `${username}@${school.slug}.example`;
  const yearGroup = member.year ?? null;
  await t.asOwner(
    `insert into person (id, school_id, username, display_name, kind, year_group, email, joined_on)
     values ($1, $2, $3, $4, $5, $6, $7, '2025-09-01')`,
    [id, school.id, username, member.name, member.kind, yearGroup, email],
  );
  if (member.role) {
    await t.asOwner(
      `insert into role_holding (school_id, person_id, role, rank, from_at) values ($1, $2, $3, $4, $5)`,
      [school.id, id, member.role, member.rank, new Date(clock.now() - MINUTE)],
    );
  }
  const viewer: Viewer = {
    school,
    person: { id, username, displayName: member.name, kind: member.kind, yearGroup },
    duties: member.role ? [member.kind, member.role] : [member.kind],
    csrf: `csrf-${id}`,
    mustChange: false,
  };
  return { id, username, displayName: member.name, email, viewer, context: contextOf(viewer) };
}

/** A data folder that goes when the test process goes. */
function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-web-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

type Fields = Readonly<Record<string, string | readonly string[]>>;

/** A person's browser: sends the session's cookie, the form's CSRF token, and follows redirects when asked. */
export interface Browser {
  /** The `cookie` header, for tests that open a real connection. */
  readonly cookie: string;
  get(url: string, headers?: Record<string, string>): Promise<Response>;
  /** A form as a browser sends it, with the hidden CSRF field. */
  post(url: string, fields?: Fields, headers?: Record<string, string>): Promise<Response>;
  /** A form with a file in it. */
  upload(
    url: string,
    fields: Fields,
    file: { field: string; name: string; content: string | Buffer },
  ): Promise<Response>;
  /** The page a 303 leads to, with the notice that the command left. */
  follow(response: Response): Promise<Response>;
}

export interface Pages {
  readonly app: WebApp;
  /** A browser in which this person is signed in; `null`: nobody is. */
  as(person: Pick<TestPerson, 'id' | 'viewer'> | null): Browser;
  close(): Promise<void>;
}

/** The real web app with these rooms; only who is signed in is decided by the test. */
export async function pagesFor(deps: Deps, ...rooms: readonly Room[]): Promise<Pages> {
  const signedIn = new Map<string, Viewer>();
  const app = await createWebApp({
    clock: deps.clock,
    log: deps.log,
    pagesUrl: 'http://127.0.0.1',
    authenticate: async (token) => signedIn.get(token) ?? null,
    rooms,
    rateLimit: 100_000,
  });
  await app.ready();
  return {
    app,
    as: (person) => {
      if (person) signedIn.set(person.id, person.viewer);
      return browser(app, person ? { [SESSION_COOKIE]: person.id } : {}, person?.viewer.csrf);
    },
    close: () => app.close(),
  };
}

/** A browser on any app, at this address, with these cookies and this session's CSRF token. */
export function browser(
  app: WebApp,
  cookies: Record<string, string>,
  csrf?: string,
  remoteAddress = '127.0.0.1',
): Browser {
  const jar = () => ({ ...cookies });
  return {
    cookie: Object.entries(cookies)
      .map(([k, v]) => `${k}=${v}`)
      .join('; '),
    get: (url, headers = {}) => app.inject({ method: 'GET', url, remoteAddress, headers, cookies: jar() }),
    post: (url, fields = {}, headers = {}) =>
      app.inject({
        method: 'POST',
        url,
        remoteAddress,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
        cookies: jar(),
        payload: form(csrf === undefined ? fields : { _csrf: csrf, ...fields }).toString(),
      }),
    upload: (url, fields, file) => {
      const { body, contentType } = multipart(csrf === undefined ? fields : { _csrf: csrf, ...fields }, file);
      return app.inject({
        method: 'POST',
        url,
        remoteAddress,
        headers: { 'content-type': contentType },
        cookies: jar(),
        payload: body,
      });
    },
    follow: (response) => {
      assert.equal(response.statusCode, 303, response.body);
      const left = Object.fromEntries(response.cookies.map((c) => [c.name, c.value]));
      return app.inject({
        method: 'GET',
        url: String(response.headers.location),
        remoteAddress,
        cookies: { ...jar(), ...left },
      });
    },
  };
}

const form = (fields: Fields) =>
  new URLSearchParams(
    Object.entries(fields).flatMap(([k, v]) => (typeof v === 'string' ? [[k, v]] : v.map((one) => [k, one]))),
  );

function multipart(fields: Fields, file: { field: string; name: string; content: string | Buffer }) {
  const boundary = `gatehouse-${randomBytes(8).toString('hex')}`;
  const part = (head: string, content: string | Buffer) =>
    Buffer.concat([
      Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; ${head}\r\n\r\n`),
      Buffer.from(content),
      Buffer.from('\r\n'),
    ]);
  const parts = [...form(fields)].map(([k, v]) => part(`name="${k}"`, v));
  const head = `name="${file.field}"; filename="${file.name}"\r\ncontent-type: text/csv`;
  const body = Buffer.concat([...parts, part(head, file.content), Buffer.from(`--${boundary}--\r\n`)]);
  return { body, contentType: `multipart/form-data; boundary=${boundary}` };
}

/**
 * Probe every route of the app: with nobody signed in, with everyone who lacks its duties, and with a first password.
 * Returns how many were probed, so that a test can see that it looked at something.
 */
export async function everyRouteDenies(pages: Pages, school: TestSchool): Promise<number> {
  const closed = pages.app.routeTable.filter((r) => r.access !== 'public' && r.access !== 'gateway');
  for (const route of closed) {
    const url = route.url.replace(/:[a-zA-Z]+/g, newId()).replace('*', 'x');
    const ask = (who: Browser) => (route.method === 'GET' ? who.get(url) : who.post(url));
    const name = `${route.method} ${route.url}`;

    const nobody = await ask(pages.as(null));
    const api = url.startsWith('/api/');
    if (route.method === 'GET' && !api) {
      assert.equal(nobody.statusCode, 303, `${name} with nobody signed in`);
      assert.match(String(nobody.headers.location), /^\/sign-in\?next=/, name);
    } else {
      assert.equal(nobody.statusCode, 401, `${name} with nobody signed in`);
    }

    const { access } = route;
    if (typeof access === 'object') {
      for (const [part, person] of Object.entries(school.people)) {
        if (access.duties.some((d) => person.viewer.duties.includes(d))) continue;
        assert.equal((await ask(pages.as(person))).statusCode, 403, `${name} as ${part}`);
      }
    }

    if (!route.whileMustChange) {
      const { administrator } = school.people;
      const first = { id: newId(), viewer: { ...administrator.viewer, mustChange: true } };
      const answer = await ask(pages.as(first));
      assert.equal(answer.headers.location, '/password', `${name} with a first password`);
    }
  }
  return closed.length;
}
