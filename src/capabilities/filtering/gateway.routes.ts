import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Type } from 'typebox';
import { SECOND } from '#core/clock.ts';
import { notFound, Refusal } from '#core/errors.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import type { FeedAnswer, VerifyAnswer } from '#policy/feed.ts';
import type { StatusAnswer } from '#policy/proof.ts';
import { verifyCredentials } from '#rooms/identity/index.ts';
import type { WebApp } from '#web/index.ts';
import { FeedWaiters } from './feed.waiters.ts';
import { gatewayOf, type OnGatewayTrouble, takeStatus } from './gateways.service.ts';
import { indexFile, requestCompile } from './lists.service.ts';
import { type OnProofTrouble, proofGatewayRoutes, wishFor } from './proof/index.ts';
import { newestNumbers, sealedPresence, sealedSnapshot } from './snapshot.service.ts';

const LONGEST_WAIT = 20 * SECOND;
const config = { access: 'gateway' as const };

const Have = Type.Object(
  { snapshot: Type.Integer({ minimum: 0 }), presence: Type.Integer({ minimum: 0 }) },
  { additionalProperties: false },
);
const Version = Type.Object({ sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) }, { additionalProperties: false });
const Credentials = Type.Object(
  {
    username: Type.String({ maxLength: 200 }),
    password: Type.String({ maxLength: 500 }),
    address: Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })]),
  },
  { additionalProperties: false },
);
const Moment = Type.Union([Type.Number(), Type.Null()]);
const Status = Type.Object(
  {
    snapshot: Moment,
    index: Type.Union([Type.String({ maxLength: 64 }), Type.Null()]),
    spooled: Type.Integer({ minimum: 0 }),
    spoolFailing: Type.Boolean(),
    awayFrom: Moment,
    awayUntil: Moment,
    startedAt: Type.Number(),
  },
  { additionalProperties: false },
);

/** Control's side of the protocol in policy/feed.ts; monitoring takes the activity. */
export function gatewayRoutes(
  app: WebApp,
  deps: Deps,
  on: { onGatewayTrouble: OnGatewayTrouble; onProofTrouble?: OnProofTrouble },
): void {
  const waiters = new FeedWaiters(deps.db);
  // Before the server closes, or it would wait for those who wait.
  app.addHook('preClose', () => waiters.close());

  app.get('/gateway/feed', { config, schema: { querystring: Have } }, async (request, reply) => {
    const gateway = await gatewayOf(deps.db, request);
    const answer = await waitForNews(deps, waiters, gateway.school, request.query);
    return answer ? reply.send(answer) : reply.status(204).send();
  });

  app.get('/gateway/index/:sha256', { config, schema: { params: Version } }, async (request, reply) => {
    const gateway = await gatewayOf(deps.db, request);
    const { sha256 } = request.params;
    const own = await deps.db.in(systemContext(gateway.school), (tx) =>
      tx.selectFrom('list_version').select('id').where('sha256', '=', sha256).executeTakeFirst(),
    );
    const file = indexFile(deps, sha256);
    const found = own && (await stat(file).catch(() => null));
    if (!found) throw notFound('this index');
    await refuseDamaged(deps, gateway.school, sha256);
    return reply
      .headers({ 'content-type': 'application/octet-stream', 'content-length': found.size })
      .send(createReadStream(file));
  });

  app.post('/gateway/verify', { config, schema: { body: Credentials } }, async (request): Promise<VerifyAnswer> => {
    const { school } = await gatewayOf(deps.db, request);
    return { person: await verifyCredentials(deps, { school, ...request.body, via: 'proxy' }) };
  });

  app.post('/gateway/status', { config, schema: { body: Status } }, async (request, reply) => {
    const gateway = await gatewayOf(deps.db, request);
    await takeStatus(deps, gateway, request.body, on.onGatewayTrouble);
    const prove = await wishFor(deps, gateway);
    return prove === null ? reply.status(204).send() : reply.send({ prove } satisfies StatusAnswer);
  });

  proofGatewayRoutes(app, deps, on.onProofTrouble ?? (async () => undefined));
}

/** A file that is no longer what its name says is taken away and made anew; meanwhile gateways keep the index they have. */
async function refuseDamaged(deps: Deps, school: string, sha256: string): Promise<void> {
  const file = indexFile(deps, sha256);
  const hash = createHash('sha256');
  for await (const part of createReadStream(file)) hash.update(part);
  if (hash.digest('hex') === sha256) return;
  deps.log.error('index.damaged', { sha256 });
  await rm(file, { force: true });
  await deps.db.in(systemContext(school), (tx) => requestCompile(tx, deps, school));
  throw new Refusal('unavailable', 'index.damaged', 'This index was damaged on disk and is being made anew.');
}

/** At once when there is something newer than the gateway has; otherwise when it comes; null when nothing came. */
async function waitForNews(
  deps: Deps,
  waiters: FeedWaiters,
  school: string,
  have: { snapshot: number; presence: number },
): Promise<FeedAnswer | null> {
  // Listening begins before looking, so that nothing slips in between.
  const waiting = await waiters.wait(school, LONGEST_WAIT);
  try {
    const first = await newsSince(deps, school, have);
    if (first) return first;
    await waiting.news;
    return await newsSince(deps, school, have);
  } finally {
    waiting.stop();
  }
}

async function newsSince(deps: Deps, school: string, have: { snapshot: number; presence: number }) {
  const now = await deps.db.in(systemContext(school), newestNumbers);
  const snapshot = now.snapshot > have.snapshot ? await sealedSnapshot(deps, school) : null;
  const presence = now.presence > have.presence ? await sealedPresence(deps, school) : null;
  if (snapshot === null && presence === null) return null;
  return { ...(snapshot !== null && { snapshot }), ...(presence !== null && { presence }) };
}
