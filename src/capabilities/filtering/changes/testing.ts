import type { TestDatabase } from '#testing/database.ts';
import type { TestSchool } from '#testing/web.ts';
import { filteringSchool, testFolder } from '../testing.ts';
import type { ChangeInput } from './changes.rules.ts';

/** What a teacher types for Thursday’s lesson (days, scene 5). */
export const lesson = (more: Partial<ChangeInput> = {}): ChangeInput => ({
  kind: 'open',
  sites: 'https://archive.example/posters\nspeeches.example, marches.example',
  scope: 'class:8B',
  people: '',
  topic: 'The rise of fascism',
  purpose: 'Pupils compare how three archives tell the story of 1933.',
  from: '2026-11-05T11:05',
  until: '2026-11-05T12:05',
  question: '',
  checked: false,
  ...more,
});

/** A school whose lists close some of those sites, with a Year 8 pupil in 8B and a Year 7 pupil in 7A. */
export async function lessonSchool(
  t: TestDatabase,
  policy: 'secondary-school' | 'tuition-centre' = 'secondary-school',
): Promise<TestSchool> {
  const lists = testFolder({
    'blacklists/extremism/domains': 'speeches.example\n',
    'blacklists/games/domains': 'marches.example\n',
    'blacklists/terrorism/domains': 'recruits.example\n',
    'blacklists/phishing/domains': 'phish.example\n',
    'blacklists/child-abuse/domains': 'never.example\n',
    'blacklists/video-sharing/domains': 'films.example\n',
  });
  const school = await filteringSchool(t, { lists: `${lists}/blacklists`, policy });
  await t.asOwner(`update person set group_name = '8B' where id = $1`, [school.people.year8.id]);
  await t.asOwner(`update person set group_name = '7A' where id = $1`, [school.people.year7.id]);
  return school;
}
