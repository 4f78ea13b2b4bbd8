/**
 * Workflows are typed tables (design idea 3): a row says from where, by which action, to where, who may,
 * and which guards must hold. Screens, permissions, diagrams and tests all read the same rows.
 * What is not listed is refused.
 */
export interface Transition<State extends string, Action extends string, Actor extends string, Facts> {
  readonly from: State | 'new';
  readonly action: Action;
  readonly to: State;
  /** The parts a person may hold towards the thing; any one suffices. */
  readonly who: readonly Actor[];
  /** Each guard answers `null` when it holds, or says plainly what is missing. */
  readonly guards: readonly Guard<Facts>[];
  /** Catalogue rows this row keeps. */
  readonly proves?: readonly string[];
}

export interface Guard<Facts> {
  readonly name: string;
  readonly check: (facts: Facts) => string | null;
}

export type Verdict<State extends string> =
  | { readonly ok: true; readonly to: State }
  | {
      readonly ok: false;
      readonly code: 'not-listed' | 'not-yours' | 'guard';
      readonly guard?: string;
      /** Why not, and what would change the answer. */
      readonly reason: string;
    };

export class Workflow<State extends string, Action extends string, Actor extends string, Facts> {
  readonly name: string;
  readonly rows: readonly Transition<State, Action, Actor, Facts>[];

  constructor(name: string, rows: readonly Transition<State, Action, Actor, Facts>[]) {
    this.name = name;
    this.rows = rows;
    const seen = new Set<string>();
    for (const r of rows) {
      const key = `${r.from} ${r.action} ${r.to}`;
      if (seen.has(key)) throw new Error(`workflow ${name}: the row "${key}" stands twice`);
      seen.add(key);
    }
  }

  get states(): State[] {
    return [...new Set(this.rows.flatMap((r) => (r.from === 'new' ? [r.to] : [r.from, r.to])))];
  }

  get actions(): Action[] {
    return [...new Set(this.rows.map((r) => r.action))];
  }

  /** What someone holding `parts` may try in `from`, guards aside: what the screen offers. */
  offered(from: State | 'new', parts: readonly Actor[]): Action[] {
    return [...new Set(this.#mine(from, parts).map((r) => r.action))];
  }

  /** May this action happen now? The first row whose guards all hold wins. */
  judge(from: State | 'new', action: Action, parts: readonly Actor[], facts: Facts): Verdict<State> {
    const listed = this.rows.filter((r) => r.from === from && r.action === action);
    if (listed.length === 0) {
      return { ok: false, code: 'not-listed', reason: `"${action}" cannot be done while this is ${from}.` };
    }
    const mine = listed.filter((r) => r.who.some((w) => parts.includes(w)));
    if (mine.length === 0) {
      const who = [...new Set(listed.flatMap((r) => r.who))].join(' or ');
      return { ok: false, code: 'not-yours', reason: `Only ${who} may do this.` };
    }
    let refused: Verdict<State> | undefined;
    for (const row of mine) {
      const failed = row.guards.map((g) => ({ g, why: g.check(facts) })).find((x) => x.why !== null);
      if (!failed) return { ok: true, to: row.to };
      refused ??= { ok: false, code: 'guard', guard: failed.g.name, reason: failed.why ?? '' };
    }
    return refused!;
  }

  /** The table as a Mermaid state diagram, for docs and for the page that explains the procedure. */
  diagram(): string {
    const lines = this.rows.map((r) => `  ${r.from === 'new' ? '[*]' : r.from} --> ${r.to}: ${r.action}`);
    return ['stateDiagram-v2', ...lines].join('\n');
  }

  #mine(from: State | 'new', parts: readonly Actor[]) {
    return this.rows.filter((r) => r.from === from && r.who.some((w) => parts.includes(w)));
  }
}
