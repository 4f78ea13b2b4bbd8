import { writeFileSync } from 'node:fs';
import { caseWorkflow } from './case.workflow.ts';

export const WORKFLOWS_FILE: URL = new URL('../../../docs/workflows.md', import.meta.url);

/** The page of diagrams in docs/: drawn from the table itself, so it cannot say anything else. */
export function workflowsPage(): string {
  const rows = caseWorkflow.rows.map(
    (r) =>
      `| ${r.from} | ${r.action} | ${r.to} | ${r.who.join(', ')} | ${r.guards.map((g) => g.name).join(', ') || 'none'} |`,
  );
  return [
    '# Workflows',
    '',
    'Written by `node src/capabilities/incidents/write-workflows.ts` from the tables that the program obeys.',
    '',
    '## A case',
    '',
    'A person the case is about has no part in it, whoever they are. What is not in the table is refused.',
    '',
    '```mermaid',
    caseWorkflow.diagram(),
    '```',
    '',
    '| from | action | to | who | guards |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(WORKFLOWS_FILE, workflowsPage());
