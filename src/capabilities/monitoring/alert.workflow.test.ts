import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR } from '#core/clock.ts';
import { type AlertAction, type AlertFacts, type AlertPart, alertWorkflow, partsOf } from './alert.workflow.ts';

const PARTS: AlertPart[] = ['system', 'lead', 'head', 'told', 'ict'];
const NOW = Date.UTC(2026, 10, 3, 10);
const willing: AlertFacts = {
  now: NOW,
  urgency: 'urgent',
  dueAt: NOW,
  acknowledgedAt: NOW,
  hitAt: NOW,
  ongoing: false,
  reason: 'Nothing to it after all.',
  isLead: true,
};

/** Everything that may happen, when every guard is content. Whatever is not here must be refused. */
const MAY: Readonly<Record<string, Partial<Record<AlertPart, string>>>> = {
  new: { system: 'raise' },
  raised: {
    system: 'join escalate',
    lead: 'acknowledge open-case',
    head: 'acknowledge open-case',
    told: 'acknowledge open-case',
    ict: 'acknowledge',
  },
  acknowledged: {
    system: 'join',
    lead: 'open-case close',
    head: 'open-case close',
    told: 'open-case close',
    ict: 'close',
  },
  'in-case': { system: 'join close-with-case' },
  closed: {},
};

test('ALR-10 every part may do in every state exactly what the table lists, and nothing else', () => {
  const actions = alertWorkflow.actions as AlertAction[];
  let cells = 0;
  for (const state of ['new', ...alertWorkflow.states] as const) {
    for (const part of PARTS) {
      const may = MAY[state]?.[part]?.split(' ') ?? [];
      assert.deepEqual([...alertWorkflow.offered(state, [part])].sort(), [...may].sort(), `${part} in ${state}`);
      for (const action of actions) {
        const verdict = alertWorkflow.judge(state, action, [part], willing);
        assert.equal(verdict.ok, may.includes(action), `${part} ${action} in ${state}`);
        cells++;
      }
    }
  }
  assert.equal(cells, 5 * PARTS.length * actions.length);
});

test('ALR-10 whom an alert is kept from holds no part in it, whatever duties they have', () => {
  const alert = { detector: 'health', kept_from: ['p'], told: ['p'] };
  assert.deepEqual(partsOf({ person: 'p', duties: ['dsl', 'head', 'administrator'] }, alert), []);
  assert.deepEqual(partsOf({ person: 'q', duties: ['dsl', 'administrator'] }, alert), ['lead', 'ict']);
  assert.deepEqual(partsOf({ person: null, duties: ['system'] }, alert), []);
});

test('An alert that is not about the filter’s health gives those who run it no part', () => {
  const alert = { detector: 'grave', kept_from: [], told: [] };
  assert.deepEqual(partsOf({ person: 'q', duties: ['ict-manager', 'administrator'] }, alert), []);
});

test('ALR-10 an urgent alert is closed only by the safeguarding lead or a deputy, with a reason of ten letters', () => {
  const close = (part: AlertPart, facts: Partial<AlertFacts>) =>
    alertWorkflow.judge('acknowledged', 'close', [part], { ...willing, ...facts });
  const refused = (verdict: ReturnType<typeof close>) => (verdict.ok ? null : verdict.guard);
  assert.equal(refused(close('head', { isLead: false })), 'urgent-needs-lead');
  assert.equal(refused(close('head', { isLead: false, urgency: 'soon' })), null);
  assert.equal(refused(close('lead', { reason: '  nothing  ' })), 'reasoned');
  assert.equal(refused(close('lead', {})), null);
});

test('ALR-10 an alert escalates when its time is over and not before', () => {
  const at = (dueAt: number | null) => alertWorkflow.judge('raised', 'escalate', ['system'], { ...willing, dueAt }).ok;
  assert.equal(at(NOW), true);
  assert.equal(at(NOW + 1), false);
  assert.equal(at(null), false);
});

test('Further hits join for an hour after the acknowledgement, and trouble of a gateway for as long as it is open', () => {
  const join = (hitAt: number, ongoing = false) =>
    alertWorkflow.judge('acknowledged', 'join', ['system'], { ...willing, hitAt, ongoing }).ok;
  assert.equal(join(NOW + HOUR), true);
  assert.equal(join(NOW + HOUR + 1), false);
  assert.equal(join(NOW + HOUR + 1, true), true);
});
