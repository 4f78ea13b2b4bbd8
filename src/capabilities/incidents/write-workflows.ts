import { writeFileSync } from 'node:fs';
import type { Workflow } from '#core/workflow.ts';
import { aiToolWorkflow, changeWorkflow } from '#rooms/filtering/index.ts';
import { lifeWorkflow } from '#rooms/policies/index.ts';
import { caseWorkflow } from './case.workflow.ts';

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
