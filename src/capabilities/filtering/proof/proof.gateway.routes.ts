import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { MOST_MISSES, PROOF_POINTS, PROOF_SETS } from '#policy/proof.ts';
import type { WebApp } from '#web/index.ts';
import { gatewayOf } from '../gateways.service.ts';
import { type OnProofTrouble, takeProgress, takeReport } from './proof.service.ts';

const strict = { additionalProperties: false };
const Count = Type.Integer({ minimum: 0, maximum: 10_000_000 });
const Moment = Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 });
const Text = (maxLength: number) => Type.String({ maxLength });
const Maybe = (maxLength: number) => Type.Union([Text(maxLength), Type.Null()]);
const Id = Type.String({ format: 'uuid' });
const OneOf = <const T extends readonly string[]>(words: T) =>
  Type.Union(words.map((w) => Type.Literal(w as T[number])));

const Miss = Type.Object(
  {
    host: Text(253),
    got: OneOf(['let-through', 'blocked', 'unanswered']),
    rule: Maybe(80),
    category: Maybe(60),
    text: Maybe(400),
  },
  strict,
);
const Result = Type.Object(
  {
    point: OneOf(PROOF_POINTS),
    profile: Text(120),
    set: OneOf(PROOF_SETS),
    asked: Count,
    expected: Count,
    wrong: Count,
    decided: Count,
    unanswered: Count,
    misses: Type.Array(Miss, { maxItems: MOST_MISSES.perResult }),
  },
  strict,
);
const Report = Type.Object(
  {
    run: Id,
    why: OneOf(['daily', 'change', 'asked']),
    request: Type.Union([Id, Type.Null()]),
    begunAt: Moment,
    endedAt: Moment,
    snapshot: Moment,
    list: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    policy: Text(60),
    results: Type.Array(Result, { maxItems: 2_000 }),
  },
  strict,
);
const Progress = Type.Object({ run: Id, done: Count, total: Count }, strict);
const Message = Type.Union([
  Type.Object({ kind: Type.Literal('progress'), progress: Progress }, strict),
  Type.Object({ kind: Type.Literal('ended'), report: Report }, strict),
]);

/** Where gateways bring their proofs (policy/proof.ts). */
export function proofGatewayRoutes(app: WebApp, deps: Deps, onTrouble: OnProofTrouble): void {
  app.post('/gateway/proof', { config: { access: 'gateway' }, schema: { body: Message } }, async (request, reply) => {
    const gateway = await gatewayOf(deps.db, request);
    const message = request.body;
    if (message.kind === 'progress') await takeProgress(deps, gateway, message.progress);
    else await takeReport(deps, gateway, message.report, onTrouble);
    return reply.status(204).send();
  });
}
