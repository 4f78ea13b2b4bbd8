import type { FastifyReply, FastifyRequest } from 'fastify';
import { type TProperties, Type } from 'typebox';
import { invalid, Refusal } from '#core/errors.ts';
import type { Deps } from '#platform/deps.ts';
import { statusOf } from '#platform/http.ts';
import type { Change, PolicyDocument } from '#policy/index.ts';
import { done, viewerOf } from '#web/index.ts';
import { POLICY_EDITORS } from '../life/drafts.facts.ts';
import type { Effect } from './effect.rules.ts';
import { type Body, one, withoutGone, withRow } from './form/body.ts';
import { type Meanwhile, openDraft, saveChange, tryChange } from './save.service.ts';

export const VIEWS = 'capabilities/policies/editor/views';
export const WRITE = { access: { duties: POLICY_EDITORS } };
const closed = { additionalProperties: false };
export const params = <P extends TProperties>(more: P) =>
  Type.Object({ id: Type.String({ maxLength: 60 }), ...more }, closed);
export const Key = Type.String({ maxLength: 120 });
export const Query = Type.Object({ q: Type.Optional(Type.String({ maxLength: 100 })) }, closed);
const Text = Type.String({ maxLength: 40_000 });
/** Its fields follow from the document; what they hold is checked by the form and by the parser. */
export const AnyForm = Type.Record(
  Type.String({ maxLength: 200 }),
  Type.Union([Text, Type.Array(Text, { maxItems: 5000 })]),
);

/** How a form is shown again: with what was typed, and what came of it. */
export interface Again {
  readonly body: Body;
  /** Of the draft as it now stands: sending it again means to change that. */
  readonly refusal?: Refusal;
  readonly meanwhile?: readonly Meanwhile[];
  readonly effect?: Effect;
}

export interface FormOf {
  /** The document that the form asks for; throws `invalid` with the fields that need another look. */
  readonly change: (document: PolicyDocument, body: Body) => PolicyDocument;
  readonly show: (again: Again) => Promise<FastifyReply>;
  readonly to: string;
  readonly done: string | ((changes: readonly Change[]) => string);
  readonly answers?: (body: Body) => Readonly<Record<string, unknown>>;
  readonly what?: string | ((body: Body) => string);
}

/**
 * One way for every form of the editor: `do` is `save`, `try` (show what it would do), or `more:/place` (one row more).
 * Whatever is refused comes back with what was typed; where somebody else was quicker, with what they changed.
 */
export async function takeForm(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  form: FormOf,
): Promise<FastifyReply> {
  const viewer = viewerOf(request);
  const { id: draft } = request.params as { id: string };
  const sent = request.body as Body;
  const wish = one(sent, 'do');
  const edit = Number(one(sent, 'edit'));
  if (wish.startsWith('more:')) return form.show({ body: withRow(sent, wish.slice('more:'.length)) });
  const body = withoutGone(sent);
  try {
    if (!Number.isInteger(edit) || edit < 1)
      throw invalid('policy.form.edit', 'Open this page again, then try once more.');
    const change = (document: PolicyDocument) => form.change(document, body);
    if (wish === 'try') return await form.show({ body, effect: await tryChange(deps, viewer, { draft, change }) });
    const answers = form.answers?.(body);
    const what = typeof form.what === 'function' ? form.what(body) : form.what;
    const changes = await saveChange(deps, viewer, {
      draft,
      edit,
      change,
      ...(answers && { answers }),
      ...(what && { what }),
    });
    if (changes.length === 0 && !answers) return done(reply, form.to, 'Nothing was different, so nothing was saved.');
    return done(reply, form.to, typeof form.done === 'function' ? form.done(changes) : form.done);
  } catch (e) {
    if (!(e instanceof Refusal) || (e.kind !== 'invalid' && e.code !== 'policy.draft.edited')) throw e;
    reply.status(statusOf(e));
    if (e.kind === 'invalid') return form.show({ body, refusal: e });
    const { meanwhile } = await openDraft(deps, viewer, draft, edit);
    return form.show({ body, refusal: e, meanwhile });
  }
}
