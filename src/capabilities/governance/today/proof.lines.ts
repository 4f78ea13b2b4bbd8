import { type GatewayProof, proofStanding } from '#rooms/filtering/index.ts';
import { type Line, many, type ReadLines, span } from './line.ts';

/**
 * FIL-05: what gateways found when they asked themselves. Red where something grave was open or help was closed, and where no
 * proof has come for over a day: until one comes, what is worst may be open now.
 */
export const filterProof: ReadLines = async (tx, _viewer, now) =>
  (await proofStanding(tx, now)).map((gateway) => ({ ...say(gateway, now), href: '/filtering/proof' }));

function say({ name, state, provenAt, last }: GatewayProof, now: number): Omit<Line, 'href'> {
  const since = span(now - provenAt);
  const found = last?.findings.slice(0, 2).join(' ');
  const note = found ? { note: found } : {};
  if (state === 'overdue') {
    const text = `Gateway “${name}” has not proved for ${since} that it filters`;
    return { tone: 'danger', text, note: 'It is due every day. Look whether it runs.' };
  }
  if (state === 'urgent') {
    return { tone: 'danger', text: `The filter failed its proof at gateway “${name}”, ${since} ago`, ...note };
  }
  if (state === 'failed')
    return { tone: 'amber', text: `The proof of gateway “${name}” failed, ${since} ago`, ...note };
  if (state === 'waiting') return { tone: 'quiet', text: `Gateway “${name}” waits for its first proof` };
  return { tone: 'quiet', text: `Filter proved ${since} ago: ${many(last?.asked ?? 0, 'question')}, all in order` };
}
