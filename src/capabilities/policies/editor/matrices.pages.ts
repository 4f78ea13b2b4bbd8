import type { PolicyDocument, Rule } from '#policy/index.ts';
import { type Body, one } from './form/body.ts';
import type { Again } from './form.routes.ts';
import * as rules from './matrices.rules.ts';

/** The grids as their pages show them, filled in with what the draft says or with what was typed. */
export type Grid = '' | 'devices' | 'sanctions';
export const SETTERS: Readonly<Record<Grid, (doc: PolicyDocument, body: Body) => PolicyDocument>> = {
  '': rules.setCells,
  devices: rules.setDevices,
  sanctions: (doc, body) => rules.setSanctions(doc, one(body, 'who') === 'staff' ? 'staff' : 'pupil', body),
};

export const GRIDS: Readonly<
  Record<Grid, (doc: PolicyDocument, q: string, again: Again | null) => Record<string, unknown>>
> = {
  '': (doc, q, again) => {
    const words = q.trim().toLowerCase();
    const numbers = new Map(doc.clauses.map((c) => [c.id, c.number]));
    const shown = doc.rules.filter((r) =>
      [r.id, r.name, r.action, numbers.get(r.clause), ...(r.words ?? []), ...r.categories]
        .join(' ')
        .toLowerCase()
        .includes(words),
    );
    const row = (rule: Rule) => ({
      ...rule,
      number: numbers.get(rule.clause),
      columns: rules.AUDIENCES.map((audience) => {
        const cell = rule.cells[audience];
        const name = rules.cellName(rule.id, audience);
        const value = again ? one(again.body, name) : (cell?.value ?? '');
        const values = rules.valuesFor(rule, audience, cell).map((v) => ({ value: v, text: rules.VALUES[v] }));
        return {
          audience,
          who: rules.WHO[audience],
          name,
          value,
          options: [...values, { value: '', text: 'Not said' }],
          changed: again !== null && value !== (cell?.value ?? ''),
          unconfirmed: cell?.unconfirmed === true,
          empty: cell?.value === 'times' && cell.windows.length === 0,
        };
      }),
    });
    const isTalk = (r: Rule) => r.id.startsWith('COM-');
    return {
      total: doc.rules.length,
      found: shown.length,
      grids: [
        { title: 'Communications', rows: shown.filter(isTalk).map(row) },
        { title: 'User actions', rows: shown.filter((r) => !isTalk(r)).map(row) },
      ].filter((g) => g.rows.length > 0),
    };
  },
  devices: (doc, q, again) => ({
    levels: rules.LEVELS,
    rows: doc.devices
      .filter((d) => d.name.toLowerCase().includes(q.trim().toLowerCase()))
      .map((d) => ({
        ...d,
        level: again ? one(again.body, `${d.id}:level`) : rules.levelOf(d),
        school: again ? one(again.body, `${d.id}:school`) : d.cells.inSchool ? 'yes' : 'no',
      })),
  }),
  sanctions: (doc, q, again) => ({
    values: rules.SANCTIONS,
    tables: (['pupil', 'staff'] as const).flatMap((who) => {
      const table = rules.menuTable(doc, who);
      if (!table) return [];
      const mine = again !== null && one(again.body, 'who') === who;
      return [
        {
          ...table,
          who,
          incidents: table.incidents
            .filter((i) => `${i.id} ${i.name}`.toLowerCase().includes(q.trim().toLowerCase()))
            .map((i) => ({
              ...i,
              columns: table.actions.map((a) => {
                const name = rules.sanctionName(who, i.id, a.id);
                const value = i.cells[a.id] ?? 'not-available';
                return { name, action: a.name, value: mine ? one(again.body, name) || value : value };
              }),
            })),
        },
      ];
    }),
  }),
};
