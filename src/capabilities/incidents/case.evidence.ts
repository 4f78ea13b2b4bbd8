import type { FastifyRequest } from 'fastify';
import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { names } from '#rooms/identity/index.ts';
import { policyInForce } from '#rooms/policies/index.ts';
import type { Viewer } from '#web/index.ts';
import { standingOf } from './case.judge.ts';
import { typesOf } from './case.types.ts';
import { enter, stepIn } from './cases.service.ts';
import { type CaseFile, entriesOf, findCase } from './cases.store.ts';
import { entryWords } from './cases.words.ts';
import type { CaseSide, GateAct, GateAnswer } from './evidence/index.ts';

const yes: GateAnswer = { ok: true };
const no = (reason: string): GateAnswer => ({ ok: false, reason });

/** What a case says to each act on its evidence, once the person is known to be of its team. */
function answerOf(file: CaseFile, act: GateAct, device: string | null): GateAnswer {
  if (file.imagery && (act === 'attach' || act === 'open' || act === 'export'))
    return no('This case is locked: it may be an image of a child’s abuse. Nothing goes in and nothing comes out.');
  // EVI-01: pictures of what was found belong to an open examination, on its one computer.
  if (act === 'attach' && file.state !== 'examine')
    return no('Files are taken in while the case is being examined. Begin the examination first.');
  if ((act === 'attach' || act === 'open') && file.state === 'examine' && file.computer && device !== file.computer)
    return no('This is not the designated computer of this case. Go on at that one, and at no other.');
  return yes;
}

/** What the evidence vault asks of a case. `device`: the designated computer that a request proved to come from. */
export const evidenceSide = (
  deps: Deps,
  device: (request: FastifyRequest) => Promise<string | null>,
  visits: CaseSide['visits'],
): CaseSide => ({
  gate: {
    may: async (tx, viewer, caseId, act, from) => {
      const file = await findCase(tx, caseId);
      if (!file) return no('This case is not yours to work on.');
      const { facts } = await standingOf(tx, viewer, file, deps.clock.now(), from);
      const part = facts.parts.some((p) => p !== 'reporter' && p !== 'ict-manager' && p !== 'told');
      return part ? answerOf(file, act, from) : no('Only those who work on this case touch its evidence.');
    },
    sealed: async (tx, caseId) => (await findCase(tx, caseId))?.imagery ?? true,
    entry: async (tx, viewer, caseId, { action, text, detail }) => {
      const file = await findCase(tx, caseId);
      if (!file) return;
      const by = viewer ?? { school: { id: file.school_id }, person: { id: null } };
      await enter(deps, tx, by, file, { action, from: file.state, to: file.state, text, detail: { ...detail } });
    },
  },
  find: async (tx, which) => {
    const file = await findCase(tx, which);
    return file ? { id: file.id, reference: file.reference, closedAt: file.closed_at } : null;
  },
  suspect: async (tx: Tx, viewer: Viewer, caseId: string) => {
    // Whoever suspects it once more is told what to do, and not that others were first.
    if ((await findCase(tx, caseId, { lock: true }))?.state === 'halted') return;
    await stepIn(deps, tx, viewer, caseId, { action: 'suspect', text: '' });
  },
  device,
  log: async (tx, caseId) => {
    const entries = await entriesOf(tx, caseId);
    const document = (await policyInForce(tx, deps.clock.now()))?.document;
    const types = new Map(document ? typesOf(document).map((t) => [t.id, t.name]) : []);
    const people = entries.flatMap((e) => [e.by_person, e.detail.person]).filter((id) => typeof id === 'string');
    const who = await names(tx, [...new Set(people)]);
    return {
      head: ['When', 'Who', 'What', 'In words'],
      rows: entries.map((e) => {
        const { line, text } = entryWords(e, who, types, true);
        return [e.at.toISOString(), e.by_person ? (who.get(e.by_person) ?? e.by_person) : 'Gatehouse', line, text];
      }),
    };
  },
  visits,
});
