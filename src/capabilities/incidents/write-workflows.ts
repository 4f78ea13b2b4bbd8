import { writeFileSync } from 'node:fs';
import type { Workflow } from '#core/workflow.ts';
import { aiToolWorkflow, changeWorkflow, listChangeWorkflow } from '#rooms/filtering/index.ts';
import { lifeWorkflow } from '#rooms/policies/index.ts';
import { caseWorkflow } from './case.workflow.ts';
import { complaintWorkflow, searchWorkflow } from './device-search/index.ts';
import { itemWorkflow } from './evidence/index.ts';
import { taskWorkflow } from './sanctions/task.workflow.ts';
import { reportWorkflow } from './telling/report.workflow.ts';

export const WORKFLOWS_FILE: URL = new URL('../../../docs/workflows.md', import.meta.url);

/** The page of diagrams in docs/: drawn from the tables themselves, so it cannot say anything else. */
export const workflowsPage = (): string =>
  [
    '# Workflows',
    '',
    'Written by `node src/capabilities/incidents/write-workflows.ts` from the tables that the program obeys.',
    '',
    ...part('A case', 'A person the case is about has no part in it, whoever they are.', caseWorkflow),
    ...part(
      'What somebody told',
      'It reaches whom the policy names. A person it is about has no part in it.',
      reportWorkflow,
    ),
    ...part(
      'An item of evidence',
      'Nothing goes without two people, and nothing that is held goes at all. What is sealed is opened by nobody here.',
      itemWorkflow,
    ),
    ...part(
      'A search of a device',
      'Only where the policy has that part. Once a picture of a child’s abuse is suspected nobody looks or deletes.',
      searchWorkflow,
    ),
    ...part(
      'A complaint about a search',
      'Nobody deals with a complaint about a search that they took part in.',
      complaintWorkflow,
    ),
    ...part('A task from a case', 'Whoever has it reads its own text, and nothing of the case.', taskWorkflow),
    ...part(
      'A policy',
      'What follows approval is the work of the clock. Nobody approves what they wrote or signed.',
      lifeWorkflow,
    ),
    ...part(
      'A change of the filter',
      'Nobody decides what they asked for. What was agreed begins and ends by the clock of each gateway.',
      changeWorkflow,
    ),
    ...part(
      'A change of the lists',
      'Nobody approves what they proposed. What was applied at once is reviewed by a second person.',
      listChangeWorkflow,
    ),
    ...part(
      'An AI tool',
      'Nobody approves what they assessed or proposed. What was approved closes again by the clock of each gateway.',
      aiToolWorkflow,
    ),
  ].join('\n');

function part<S extends string, A extends string, W extends string, F>(
  title: string,
  about: string,
  table: Workflow<S, A, W, F>,
): string[] {
  const rows = table.rows.map(
    (r) =>
      `| ${r.from} | ${r.action} | ${r.to} | ${r.who.join(', ')} | ${r.guards.map((g) => g.name).join(', ') || 'none'} |`,
  );
  return [
    `## ${title}`,
    '',
    `${about} What is not in the table is refused.`,
    '',
    '```mermaid',
    table.diagram(),
    '```',
    '',
    '| from | action | to | who | guards |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ];
}

if (import.meta.main) writeFileSync(WORKFLOWS_FILE, workflowsPage());
