import { type Voice, voices } from '#policy/clashes.ts';
import type { Audience, Cell, PolicyDocument, RoleId } from '#policy/index.ts';
import { type Lint, type LintContext, lint } from '#policy/lint.ts';
import { cellOf, setCell, VALUES, WHO } from './matrices.rules.ts';
import { sound } from './sound.ts';

/** Everybody whose word may be the one that holds: each rule and text of the clash, once. */
export function statements(doc: PolicyDocument, { code, key, where }: Lint): Voice[] {
  if (code !== 'answers') return [];
  const [, action = '', audiences = ''] = key.split(':');
  const pointers = new Set(where.map((w) => w.pointer));
  const mine = voices(doc).filter(
    (v) =>
      v.kind !== 'device' &&
      pointers.has(v.pointer) &&
      v.action === action &&
      audiences.split('+').includes(v.audience),
  );
  return [...new Map(mine.map((v) => [`${v.name} ${v.audience} ${v.value}`, v])).values()];
}

/**
 * A clash settled by a recorded decision (GOV-34). Where one statement is to hold, the rules that the software obeys are
 * changed to it; what is then still contradictory, in the texts, stands settled by this decision.
 */
export function settle(
  doc: PolicyDocument,
  clash: Lint,
  chosen: string,
  how: { reason: string; by: RoleId; context: LintContext },
): PolicyDocument {
  const holds = chosen === 'interim' ? undefined : statements(doc, clash)[Number(chosen)];
  const edited = holds ? obeying(doc, clash, holds) : doc;
  const decision = holds
    ? `${holds.name.replace(/^./, (c) => c.toUpperCase())} holds: ${VALUES[holds.value].toLowerCase()} for ${WHO[holds.audience]}.`
    : `What holds now stays: ${clash.interim ?? 'the text as it is.'}`;
  const about = clash.key.split(':').slice(0, 2).join(':');
  const left = lint(edited, how.context).filter(
    (l) =>
      l.settled === null &&
      l.severity === 'clash' &&
      (l.key === clash.key || (holds && l.key.startsWith(`${about}:`) && overlap(l, clash))),
  );
  const settled = left.map((l) => ({
    clash: l.key.slice(0, 160),
    decision: decision.slice(0, 600),
    reason: how.reason,
    by: how.by,
    on: how.context.today,
  }));
  return sound({ ...edited, settled: [...edited.settled, ...settled] });
}

const overlap = (a: Lint, b: Lint): boolean => a.where.some((w) => b.where.some((o) => o.pointer === w.pointer));

/** Every rule of the clash says what that statement says, to its audience. */
function obeying(doc: PolicyDocument, clash: Lint, holds: Voice): PolicyDocument {
  const cellAt = (pointer: string, audience: Audience): Cell | undefined =>
    doc.rules[Number(pointer.split('/')[2])]?.cells[audience];
  const model = holds.kind === 'rule' ? cellAt(holds.pointer, holds.audience) : undefined;
  const [, action = ''] = clash.key.split(':');
  const others = voices(doc).filter(
    (v) =>
      v.kind === 'rule' &&
      v.action === action &&
      v.audience === holds.audience &&
      v.value !== holds.value &&
      clash.where.some((w) => w.pointer === v.pointer),
  );
  return others.reduce((d, v) => {
    const rule = doc.rules[Number(v.pointer.split('/')[2])];
    if (!rule) return d;
    const { unconfirmed: _, ...cell } = model ?? cellOf(holds.value, rule.cells[v.audience]);
    return setCell(d, rule.id, v.audience, cell as Cell);
  }, doc);
}
