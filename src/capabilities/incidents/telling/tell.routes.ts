import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { MINUTE } from '#core/clock.ts';
import { Refusal } from '#core/errors.ts';
import { systemContext } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { type School, schools } from '#platform/school.ts';
import { publicSchool } from '#rooms/policies/index.ts';
import type { WebApp } from '#web/index.ts';
import { digestOfCode, REPORT_REFERENCE } from './code.ts';
import { comeBack } from './come-back.service.ts';
import { KIND, KINDS, PART_IDS, PARTS } from './kinds.ts';
import { reportRoles } from './recipients.ts';
import { STATES } from './report.words.ts';
import { reportWorkflow } from './report.workflow.ts';
import { AtSchool, categoryOf, From, siteOf, TellBody, type TellForm, toldBy } from './tell.form.ts';
import { type Receipt, tellUs } from './tell.service.ts';
import { namelessAllowed } from './telling.setting.ts';

const VIEWS = 'capabilities/incidents/telling/views';
const closed = { additionalProperties: false };
type FormPage = 'people' | 'fault';

/** The receipt travels in a cookie, not in the address: a shared computer's history must not tell on a child. */
const RECEIPT = 'gatehouse-told';

/** A whole school may stand behind one address, so many may tell something at once; a flood still ends. */
const atMost = (max: number, what: string) => ({
  max,
  timeWindow: 10 * MINUTE,
  errorResponseBuilder: () =>
    new Refusal('too-many', 'tell.too-many', `Too many ${what} came from this place in a short time.`, {
      remedy:
        'Please tell an adult you trust, or wait ten minutes. If somebody is in danger now, call 999. Childline is free on 0800 1111.',
    }),
});
const FLOOD = atMost(40, 'messages');
const GUESSES = atMost(30, 'codes');

/**
 * A way to tell somebody that is always open, signed in or not, and when web access is suspended (ALR-09). No form here takes a
 * file of any kind: words are enough, and nothing that must not be kept can come in (EVI-03).
 */
export function tellRoutes(app: WebApp, deps: Deps): void {
  const page = async (
    reply: FastifyReply,
    school: School,
    form: FormPage,
    data: { typed?: TellForm; refusal?: Refusal; site?: string | null; category?: string | null } = {},
  ) => {
    const { roles, nameless } = await deps.db.in(systemContext(school.id), async (tx) => ({
      roles: await reportRoles(tx, deps.clock.now()),
      nameless: await namelessAllowed(tx),
    }));
    const kinds = KINDS.filter((k) => KIND[k].form === form).map((k) => ({ value: k, text: KIND[k].choice }));
    const parts = PART_IDS.map((p) => ({ value: p, text: PARTS[p] }));
    return reply.page(`${VIEWS}/${form}.njk`, { school, roles, nameless, kinds, parts, ...data });
  };
  const choose = async (reply: FastifyReply) => reply.page(`${VIEWS}/where.njk`, { schools: await schools(deps.db) });

  const show = async (request: FastifyRequest, reply: FastifyReply, slug: string | undefined, form: FormPage) => {
    const query = request.query as { site?: string; category?: string };
    const school = await publicSchool(deps.db, request.viewer, slug);
    if (!school) return choose(reply);
    return page(reply, school, form, { site: siteOf(query.site), category: categoryOf(query.category) });
  };

  const take = async (request: FastifyRequest, reply: FastifyReply, slug: string | undefined, form: FormPage) => {
    const typed = request.body as TellForm;
    const school = await publicSchool(deps.db, request.viewer, slug);
    if (!school) return choose(reply);
    try {
      const receipt = await tellUs(deps, school, request.viewer, toldBy(typed, form));
      const secure = deps.config.pagesUrl.startsWith('https:');
      reply.setCookie(RECEIPT, written(receipt), {
        path: '/tell',
        httpOnly: true,
        sameSite: 'strict',
        maxAge: 600,
        secure,
      });
      return reply.redirect('/tell/received', 303);
    } catch (e) {
      if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
      const { site, category } = toldBy(typed, form);
      return page(reply.status(400), school, form, { typed, refusal: e, site, category });
    }
  };

  const open = { config: { access: 'public' as const } };
  const flood = { config: { access: 'public' as const, rateLimit: FLOOD } };

  app.get('/tell', { ...open, schema: { querystring: From } }, (request, reply) =>
    show(request, reply, request.query.school, 'people'),
  );
  app.post('/tell', { ...flood, schema: { querystring: From, body: TellBody } }, (request, reply) =>
    take(request, reply, request.query.school, 'people'),
  );
  for (const [form, under] of [
    ['people', ''],
    ['fault', '/fault'],
  ] as const) {
    app.get(`/tell/:slug${under}`, { ...open, schema: { params: AtSchool, querystring: From } }, (request, reply) =>
      show(request, reply, request.params.slug, form),
    );
    app.post(`/tell/:slug${under}`, { ...flood, schema: { params: AtSchool, body: TellBody } }, (request, reply) =>
      take(request, reply, request.params.slug, form),
    );
  }

  app.get('/tell/received', open, async (request, reply) => {
    const receipt = read(request.cookies[RECEIPT]);
    reply.clearCookie(RECEIPT, { path: '/tell' });
    return reply.page(`${VIEWS}/received.njk`, { receipt });
  });

  app.get('/tell/code', open, (_request, reply) => reply.page(`${VIEWS}/code.njk`, {}));
  const Code = Type.Object(
    {
      _csrf: Type.Optional(Type.String()),
      code: Type.String({ maxLength: 60 }),
      words: Type.Optional(Type.String({ maxLength: 50_000 })),
    },
    closed,
  );
  // The code comes by POST and goes back in the page, so that neither an address nor a cookie keeps it.
  app.post(
    '/tell/code',
    { config: { access: 'public', rateLimit: GUESSES }, schema: { body: Code } },
    async (request, reply) => {
      const { code, words } = request.body;
      try {
        const told = await comeBack(deps, code, words);
        if (!told) return reply.status(404).page(`${VIEWS}/code.njk`, { wrong: true, typed: code });
        return codePage(reply, code, told, { added: Boolean(words?.trim()) });
      } catch (e) {
        if (!(e instanceof Refusal) || e.kind !== 'invalid') throw e;
        const told = await comeBack(deps, code);
        return told
          ? codePage(reply.status(400), code, told, { refusal: e, words })
          : reply.status(404).page(`${VIEWS}/code.njk`, { wrong: true });
      }
    },
  );
}

const codePage = (
  reply: FastifyReply,
  code: string,
  told: NonNullable<Awaited<ReturnType<typeof comeBack>>>,
  more: Record<string, unknown>,
) =>
  reply.page(`${VIEWS}/answers.njk`, {
    code,
    told,
    kind: KIND[told.report.kind],
    state: STATES[told.report.state],
    mayAdd: reportWorkflow.offered(told.report.state, ['teller']).includes('add'),
    ...more,
  });

const written = (r: Receipt): string => [r.reference, r.code, r.kind, r.picture ? 'picture' : ''].join('.');

function read(cookie: string | undefined) {
  const [reference = '', code = '', kind = '', picture = ''] = (cookie ?? '').split('.');
  const known = KINDS.find((k) => k === kind);
  if (!known || !REPORT_REFERENCE.test(reference) || !digestOfCode(code)) return null;
  return { reference, code, kind: known, fault: KIND[known].form === 'fault', picture: picture === 'picture' };
}
