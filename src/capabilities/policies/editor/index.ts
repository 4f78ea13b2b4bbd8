import type { Deps } from '#platform/deps.ts';
import type { WebApp } from '#web/index.ts';
import { clausesRoutes } from './clauses.routes.ts';
import { effectRoutes } from './effect.routes.ts';
import { importRoutes } from './import.routes.ts';
import { matricesRoutes } from './matrices.routes.ts';
import { partsRoutes } from './parts.routes.ts';
import { questionsRoutes } from './questions.routes.ts';

/** Writing a policy: clauses, matrices, settings, what they would do, and the questions that the source leaves open. */
export function editorRoutes(app: WebApp, deps: Deps): void {
  importRoutes(app, deps);
  questionsRoutes(app, deps);
  clausesRoutes(app, deps);
  matricesRoutes(app, deps);
  partsRoutes(app, deps);
  effectRoutes(app, deps);
}
