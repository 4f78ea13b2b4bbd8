import { Type } from 'typebox';
import type { Deps } from '#platform/deps.ts';
import { gatewayOf } from '#rooms/filtering/index.ts';
import type { WebApp } from '#web/index.ts';
import { ingest, type OnBatch } from './ingest.service.ts';

const MAX_BODY = 8 * 1024 * 1024;
const GATEWAY = Symbol('gateway');

/** Where gateways deliver (policy/feed.ts). The token is checked before a byte of the body is read. */
export function ingestRoutes(app: WebApp, deps: Deps, onBatch?: OnBatch): void {
  app.addContentTypeParser('application/x-ndjson', { parseAs: 'buffer', bodyLimit: MAX_BODY }, (_request, body, done) =>
    done(null, body),
  );
  app.decorateRequest(GATEWAY, null);
  app.post(
    '/gateway/activity',
    {
      // A gateway that was cut off for a day catches up as fast as control can take it.
      config: { access: 'gateway', rateLimit: false },
      bodyLimit: MAX_BODY,
      schema: {
        querystring: Type.Object(
          { batch: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) },
          { additionalProperties: false },
        ),
        body: Type.Unsafe<Buffer>({}),
      },
      onRequest: async (request) => {
        request.setDecorator(GATEWAY, await gatewayOf(deps.db, request));
      },
    },
    async (request) => {
      const gateway = request.getDecorator<Awaited<ReturnType<typeof gatewayOf>>>(GATEWAY);
      return ingest(deps, gateway, request.query.batch, request.body, onBatch);
    },
  );
}
