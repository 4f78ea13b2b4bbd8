import { Type } from 'typebox';
import { notFound } from '#core/errors.ts';
import type { Audience, Cell, PolicyDocument, TimeWindow } from '#policy/index.ts';
import { type Body, type Faults, fromBody, one } from './form/body.ts';
import type { Schema } from './form/shape.ts';
import * as rules from './matrices.rules.ts';
import { exactly, schemaAt } from './places.ts';
import { refuseFaults } from './save.service.ts';
import { sound } from './sound.ts';
import { wordsOf } from './words.ts';

/** Only the windows of a cell: its value, people and rationale are asked beside them. */
export const WINDOWS = Type.Object({
  windows: (schemaAt('/rules/0/cells/pupil').anyOf?.find((s) => s.properties?.windows)?.properties?.windows ??
    Type.Never()) as Schema,
}) as unknown as Schema;

/** One cell with its conditions as a form gives it; `known` is who is meant by a username. */
export function changeCell(
  doc: PolicyDocument,
  { rule: id, audience, confirms }: { rule: string; audience: Audience; confirms: boolean },
  body: Body,
  known: ReadonlyMap<string, string>,
): PolicyDocument {
  const rule = doc.rules.find((r) => r.id === id);
  const place = exactly(doc, `/rules/${id}/cells`);
  if (!rule || place === null) throw notFound('this row in the draft');
  const was = rule.cells[audience];
  const value = one(body, '/value') as Cell['value'];
  const faults: Faults = {};
  if (!rules.valuesFor(rule, audience, was).includes(value)) faults['/value'] = 'Choose one of these.';
  const read = fromBody(WINDOWS, body, undefined, wordsOf(doc, true));
  if (value === 'times') Object.assign(faults, read.faults);
  const before = was && 'people' in was ? was.people : [];
  const typed = lines(body, '/people');
  const unknown = typed.filter((name) => !known.has(name) && !before.includes(name));
  if ((value === 'selected' || value === 'nominated') && unknown.length > 0) {
    faults['/people'] = `Nobody here has the username ${unknown.join(', ')}.`;
  }
  refuseFaults(faults);
  const rationale = one(body, '/rationale').replaceAll('\r\n', '\n').trim();
  const { unconfirmed, rationale: _, ...rest } = { ...rules.cellOf(value, was) } as Cell;
  const cell = {
    ...rest,
    ...(value === 'times' && { windows: (read.value as { windows: TimeWindow[] }).windows }),
    ...((value === 'selected' || value === 'nominated') && {
      people: [...new Set(typed.map((name) => known.get(name) ?? name))],
    }),
    ...(rationale && { rationale }),
    ...(unconfirmed && !confirms && { unconfirmed }),
  } as Cell;
  return sound(rules.setCell(doc, id, audience, cell), `${place}/${audience}`);
}

export const lines = (body: unknown, name: string): string[] =>
  one(body as Body, name)
    .split('\n')
    .flatMap((line) => line.trim() || []);
