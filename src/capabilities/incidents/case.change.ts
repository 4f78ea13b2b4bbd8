import { DAY, MINUTE } from '#core/clock.ts';
import type { Viewer } from '#web/index.ts';
import type { Standing, Step } from './case.judge.ts';
import type { CaseState } from './case.workflow.ts';
import { actingLead, outsiders } from './cases.rules.ts';
import type { CaseFile } from './cases.store.ts';

type Change = Partial<
  Pick<
    CaseFile,
    | 'manager'
    | 'team'
    | 'subjects'
    | 'affected'
    | 'witnesses'
    | 'conflicted'
    | 'types'
    | 'severity'
    | 'restricted'
    | 'computer'
    | 'imagery'
    | 'outcome'
    | 'closed_by'
    | 'closed_at'
    | 'first_action_at'
    | 'first_action_due'
    | 'outcome_due'
    | 'escalated'
  >
>;
interface Clock {
  readonly severity: string;
  readonly firstActionMinutes: number;
  readonly outcomeDays: number;
}

/** INC-27, SAN-01: when the first action and the outcome are due, from when the case was opened. */
export function duesOf(clocks: readonly Clock[], severity: string, opened: Date) {
  const clock = clocks.find((c) => c.severity === severity);
  const after = (ms: number) => new Date(opened.getTime() + ms);
  return {
    first_action_due: clock ? after(clock.firstActionMinutes * MINUTE) : null,
    outcome_due: clock ? after(clock.outcomeDays * DAY) : null,
  };
}

/** Steps that are no answer to what happened yet: the clock of the first action runs on through them. */
const NO_ACTION: ReadonlySet<string> = new Set([
  'assign',
  'note',
  'involve',
  'touch',
  'conflict',
  'link',
  'join',
  'leave',
  'task',
]);

const withdrawn = { outcome: null, closed_by: null, closed_at: null };
const without = (ids: readonly string[], id: string | null | undefined) => ids.filter((x) => x !== id);

/** What a step does to the row besides its state, and what its entry says of it. */
export function changeOf(
  { file, leads }: Pick<Standing, 'file' | 'leads'>,
  step: Step,
  to: CaseState,
  viewer: Viewer,
  now: Date,
  clocks: readonly Clock[],
): { change: Change; detail: Record<string, unknown> } {
  const person = step.person ?? null;
  const detail: Record<string, unknown> = { ...step.detail, ...(person && { person }) };
  const first: Change = file.first_action_at || NO_ACTION.has(step.action) ? {} : { first_action_at: now };
  const ends: Change =
    to === 'closed' && file.state !== 'closed' ? { closed_by: viewer.person.id, closed_at: now } : {};
  return { change: { ...first, ...ends, ...own() }, detail };

  function own(): Change {
    switch (step.action) {
      case 'assign': {
        detail.before = file.manager;
        // Who had the case before has no further need to know it.
        return {
          manager: person,
          team: [...without(without(file.team, file.manager), person), ...(person ? [person] : [])],
        };
      }
      case 'involve': {
        const subjects = [...file.subjects, ...(person ? [person] : [])];
        // Whoever leads from now on must be able to read it.
        const anew = outsiders(leads, actingLead(leads, { ...file, subjects }));
        return { subjects, team: without([...new Set([...file.team, ...anew])], person) };
      }
      case 'conflict': {
        const conflicted = [...new Set([...file.conflicted, viewer.person.id])];
        const anew = outsiders(leads, actingLead(leads, { ...file, conflicted }));
        return {
          conflicted,
          team: without([...new Set([...file.team, ...anew])], viewer.person.id),
          ...(file.manager === viewer.person.id && { manager: null }),
        };
      }
      case 'touch': {
        const list = step.detail?.role === 'witness' ? 'witnesses' : 'affected';
        return { [list]: [...new Set([...file[list], ...(person ? [person] : [])])] };
      }
      case 'join':
        return { team: [...file.team, ...(person ? [person] : [])] };
      case 'leave':
        return { team: without(file.team, person) };
      case 'classify': {
        const { types, severity, allegation } = step.detail ?? {};
        const level = severity === 'urgent' || severity === 'serious' ? severity : 'routine';
        return {
          types: Array.isArray(types) ? types.map(String) : [],
          severity: level,
          ...duesOf(clocks, level, file.opened_at),
          ...(allegation === 'serious' && { restricted: true }),
          ...(to === 'halted' && { imagery: true, ...withdrawn }),
        };
      }
      case 'support':
        return file.types.length > 0 ? {} : { types: ['wellbeing'] };
      case 'designate':
        return { computer: String(step.detail?.computer) };
      case 'suspect':
        return { imagery: true, ...withdrawn };
      case 'not-imagery':
        return { imagery: false };
      case 'resolve':
        detail.outcome = step.outcome;
        return { outcome: step.outcome ?? null };
      case 'judge':
        return to === 'closed' ? { outcome: 'no-substance' } : {};
      case 'more':
        return { outcome: null };
      case 'reopen':
        detail.outcome = file.outcome;
        return { ...withdrawn, escalated: 0, ...duesOf(clocks, file.severity, now) };
      default:
        return {};
    }
  }
}
