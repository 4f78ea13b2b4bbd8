import type { Tx } from '#platform/db.ts';
import type { Deps } from '#platform/deps.ts';
import { post } from '#platform/mail.ts';
import { holders, personById } from '#rooms/identity/index.ts';
import type { PolicyInForce } from '#rooms/policies/index.ts';
import { APPROVERS } from './ai-tools.rules.ts';
import { type AiTool, aiTools } from './ai-tools.store.ts';
import type { ToolAction } from './ai-tools.workflow.ts';

export interface About {
  readonly id: string;
  readonly school: string;
  readonly reference: string;
}
interface Recipient {
  readonly id: string;
  readonly email: string | null;
}

/** Whom AIG-01 names first to keep the register. */
const KEEPERS = ['dsl', 'centre-lead', 'ict-manager'];

/** What is waited for, to whoever does it; what was decided, to whoever proposed and assessed. Nobody hears of their own act. */
export async function tellOfTool(
  tx: Tx,
  deps: Deps,
  about: About,
  action: ToolAction,
  actor: string,
  policy: PolicyInForce,
): Promise<void> {
  const said = SAID[action];
  if (!said) return;
  const [tool] = await aiTools(tx, about.reference);
  const people =
    action === 'propose'
      ? await holding(tx, KEEPERS)
      : action === 'assess'
        ? await holding(tx, [...APPROVERS, policy.document.settings.filterChanges.approver])
        : [...(await person(tx, tool?.proposer)), ...(await person(tx, tool?.assessments[0]?.author))];
  for (const person of new Map(people.map((p) => [p.id, p])).values()) {
    const mayNotDecide = action === 'assess' && person.id === tool?.proposer;
    if (person.id !== actor && !mayNotDecide) await send(tx, deps, about, person, said, `ai_tool.${action}`);
  }
}

/** What is open ends soon, or has ended: whoever assessed it hears, and whoever keeps the register (AIG-05). */
export async function tellOfEnd(
  tx: Tx,
  deps: Deps,
  school: string,
  tool: AiTool,
  over: boolean,
  about: string,
): Promise<void> {
  const people = [...(await person(tx, tool.assessments[0]?.author)), ...(await holding(tx, KEEPERS))];
  const said = over
    ? { subject: 'An AI tool is closed again', sentence: 'Its time was over, and nobody has assessed it again.' }
    : {
        subject: 'An AI tool closes soon',
        sentence:
          'Its trial or its assessment ends soon. It closes by itself unless it is assessed and approved again.',
      };
  for (const person of new Map(people.map((p) => [p.id, p])).values()) {
    await send(tx, deps, { id: about, school, reference: tool.reference }, person, said, over ? ENDED : ENDS_SOON);
  }
}
export const ENDS_SOON = 'ai_tool_ends';
export const ENDED = 'ai_tool_ended';

const SAID: Readonly<Partial<Record<ToolAction, { subject: string; sentence: string }>>> = {
  propose: {
    subject: 'An AI tool waits to be assessed',
    sentence: 'A colleague would like to use an AI tool. It stays closed until it has been assessed and approved.',
  },
  assess: {
    subject: 'An assessment of an AI tool waits for you',
    sentence: 'A colleague has assessed an AI tool. You are one of those who decide for whom it opens.',
  },
  approve: { subject: 'An AI tool is approved', sentence: 'It is decided for whom it opens, and until when.' },
  refuse: { subject: 'An AI tool stays closed', sentence: 'It was not approved. The page says why.' },
  close: { subject: 'An AI tool is closed', sentence: 'A colleague has closed it. The page says why.' },
};

const holding = async (tx: Tx, roles: readonly string[]): Promise<Recipient[]> =>
  (await Promise.all([...new Set(roles)].map((role) => holders(tx, role)))).flat();

async function person(tx: Tx, id: string | undefined): Promise<Recipient[]> {
  const found = id === undefined ? null : await personById(tx, id);
  return found ? [found] : [];
}

/** Subjects name no tool and nobody; who has no address reads it on the register. */
async function send(
  tx: Tx,
  deps: Deps,
  { id, school, reference }: About,
  to: Recipient,
  { subject, sentence }: { subject: string; sentence: string },
  kind: string,
): Promise<void> {
  if (!to.email) return;
  const body = `${sentence}\n\nRead it here after signing in:\n${deps.config.pagesUrl}/filtering/ai-tools/${reference}\n`;
  await post(tx, { school, recipient: to.id, address: to.email, subject, body, about: { kind, id } });
}
