import { notFound } from '#core/errors.ts';
import type { Db } from '#platform/db.ts';
import { type School, schools } from '#platform/school.ts';
import type { Viewer } from '#web/index.ts';

/**
 * Whose public page is meant: the viewer's own school, the one that `?school=` names, the only one there is; null when
 * there are several and the reader must choose.
 */
export async function publicSchool(db: Db, viewer: Viewer | null, slug: string | undefined): Promise<School | null> {
  if (viewer) return viewer.school;
  const all = await schools(db);
  if (slug === undefined) return all.length === 1 ? (all[0] ?? null) : null;
  const named = all.find((s) => s.slug === slug);
  if (!named) throw notFound('this school');
  return named;
}
