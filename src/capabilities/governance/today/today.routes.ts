import type { Deps } from '#platform/deps.ts';
import { contextOf, hasDuty, viewerOf, type WebApp } from '#web/index.ts';
import { peopleToTalkTo, promises } from './promises.ts';
import { todaysLines, waysFor } from './today.ts';

const VIEWS = 'capabilities/governance/views';

/** Headings in the order of the page (design: Look): what needs me now, what is due, what happened, everything else. */
const SECTIONS = [
  { tone: 'danger', heading: 'Now' },
  { tone: 'amber', heading: 'Due or late' },
  { tone: 'calm', heading: 'What happened' },
  { tone: 'quiet', heading: 'In order' },
] as const;

export function todayRoutes(app: WebApp, deps: Deps): void {
  app.get('/', { config: { access: 'signed-in' } }, async (request, reply) => {
    const viewer = viewerOf(request);
    const now = deps.clock.now();
    const page = await deps.db.in(contextOf(viewer), async (tx) => ({
      lines: await todaysLines(tx, viewer, now),
      promises: hasDuty(viewer, 'pupil', 'parent', 'governor') ? await promises(tx, now) : null,
      people: hasDuty(viewer, 'pupil', 'parent') ? await peopleToTalkTo(tx) : [],
    }));
    if (hasDuty(viewer, 'pupil')) return reply.page(`${VIEWS}/today-pupil.njk`, page);
    const sections = SECTIONS.map((s) => ({ ...s, lines: page.lines.filter((l) => l.tone === s.tone) }));
    return reply.page(`${VIEWS}/today.njk`, {
      ...page,
      sections: sections.filter((s) => s.lines.length > 0),
      ways: waysFor(viewer),
    });
  });
}
