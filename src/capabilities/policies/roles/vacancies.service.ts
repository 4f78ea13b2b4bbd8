import { DAY } from '#core/clock.ts';
import { systemContext, type Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { record } from '#platform/ledger.ts';
import { post } from '#platform/mail.ts';
import { forEach, type School, schools } from '#platform/school.ts';
import { type Holding, lockRoles } from '#rooms/identity/index.ts';
import type { Rank } from './roles.rules.ts';
import { sayMissing } from './roles.rules.ts';
import { rolesNow } from './standing.store.ts';

/** How long a vacancy may go on before everybody is told again. */
const AGAIN = 7 * DAY;

/** Who must know of a role without enough people: who can fill it, and who answers for the school (ROL-03, ROL-09). */
const MUST_KNOW: readonly string[] = ['administrator', 'head', 'chair'];

interface Gap {
  readonly role: string;
  readonly rank: Rank;
  readonly title: string;
  readonly text: string;
}

/** Every hour: notice roles that too few people hold, say so once and then weekly, and note when they are filled. */
export const findVacancies = async (deps: Deps): Promise<void> =>
  forEach(await schools(deps.db), (school) =>
    deps.db.in(systemContext(school.id), (tx) => noticeVacancies(tx, deps, school)),
  );

async function noticeVacancies(tx: Tx, deps: Deps, school: School): Promise<void> {
  // Nobody gives or ends a role meanwhile, and two runs come one after the other.
  await lockRoles(tx, school.id);
  const now = deps.clock.now();
  const roles = await rolesNow(tx, now);
  if (!roles) return;
  const gaps: Gap[] = roles.standings.flatMap((s) =>
    s.missing.map((m) => ({ role: s.role.id, rank: m.rank, title: s.role.title, text: sayMissing(m) })),
  );
  const open = await tx.selectFrom('role_vacancy').selectAll().where('filled_at', 'is', null).execute();
  const rowOf = (g: Gap) => open.find((v) => v.role === g.role && v.rank === g.rank);

  for (const v of open.filter((o) => !gaps.some((g) => g.role === o.role && g.rank === o.rank))) {
    await tx
      .updateTable('role_vacancy')
      .set({ filled_at: new Date(now) })
      .where('id', '=', v.id)
      .execute();
    await note(tx, school, 'role.filled', v, now);
  }
  const tell: Gap[] = [];
  for (const gap of gaps) {
    const row = rowOf(gap);
    if (!row) {
      const { role, rank } = gap;
      const at = new Date(now);
      await tx
        .insertInto('role_vacancy')
        .values({ school_id: school.id, role, rank, noticed_at: at, told_at: at })
        .execute();
      await note(tx, school, 'role.vacant', gap, now);
    } else if (now - row.told_at.getTime() >= AGAIN) {
      await tx
        .updateTable('role_vacancy')
        .set({ told_at: new Date(now) })
        .where('id', '=', row.id)
        .execute();
      await note(tx, school, 'role.still-vacant', gap, now);
    } else continue;
    tell.push(gap);
  }
  await sendLetters(tx, deps, school, roles.holdings, tell, roles.policy.document.monitoring.escalation);
}

const note = (tx: Tx, school: School, action: string, { role, rank }: { role: string; rank: Rank }, at: number) =>
  record(tx, { school: school.id, actor: null, action, object: { kind: 'role', id: role }, detail: { rank }, at });

/** One letter for each person with all that they must know; it names roles and nobody who held them. */
async function sendLetters(
  tx: Tx,
  deps: Deps,
  school: School,
  holdings: readonly Holding[],
  gaps: readonly Gap[],
  escalation: readonly { readonly role: string }[],
): Promise<void> {
  // Who waits for alerts must know when somebody in their own row is missing.
  const inRow = escalation.map((s) => s.role);
  const concerned = (h: Holding, g: Gap) =>
    MUST_KNOW.includes(h.role) || (inRow.includes(g.role) && inRow.includes(h.role));
  const recipients = new Map(holdings.map((h) => [h.person, h.email]));
  for (const [person, email] of recipients) {
    const own = holdings.filter((h) => h.person === person);
    const theirs = gaps.filter((g) => own.some((h) => concerned(h, g)));
    if (!email || theirs.length === 0) continue;
    await post(tx, {
      school: school.id,
      recipient: person,
      address: email,
      subject: 'Gatehouse: a role needs somebody',
      body: [
        'The online-safety policy wants these roles held, and too few people hold them:',
        '',
        ...theirs.map((g) => `- ${g.title}: ${g.text}`),
        '',
        'Until they are filled, what would come to them goes to whoever is next. An administrator fills them here:',
        `${deps.config.pagesUrl}/roles`,
        '',
      ].join('\n'),
      about: { kind: 'role', id: theirs[0]?.role ?? '' },
    });
  }
}
