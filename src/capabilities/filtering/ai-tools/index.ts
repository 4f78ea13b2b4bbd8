export { countSeen, tendTools } from './ai-tools.clock.ts';
export { aiToolsStanding, aiToolsWaiting } from './ai-tools.pages.ts';
export { aiToolRoutes } from './ai-tools.routes.ts';
export { aiToolWorkflow } from './ai-tools.workflow.ts';
