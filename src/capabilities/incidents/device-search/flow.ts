import type { Workflow } from '#core/workflow.ts';

const BOX = { width: 190, height: 40, left: 10, gap: 26 };
const LANE = { first: 26, step: 22 };

const escaped = (text: string): string => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');

/**
 * A workflow as a drawing for narrow screens: its states one below the other in the order of `states`, an arrow to the
 * next, and on the right a lane for every state that is reached from further away. `shout` marks the states that can be
 * reached from anywhere. Colours and letters come from the style sheet.
 */
export function flowSvg<S extends string>(
  workflow: Pick<Workflow<S, string, string, never>, 'rows'>,
  states: readonly S[],
  names: (state: S) => string,
): string {
  const y = (state: S) => 10 + states.indexOf(state) * (BOX.height + BOX.gap);
  const middle = (state: S) => y(state) + BOX.height / 2;
  const right = BOX.left + BOX.width;
  const into = (to: S): S[] => [
    ...new Set(workflow.rows.flatMap((r) => (r.to === to && r.from !== to && r.from !== 'new' ? [r.from as S] : []))),
  ];
  const isNext = (from: S, to: S) => states.indexOf(to) === states.indexOf(from) + 1;
  const anywhere = (to: S) => into(to).length >= states.length - 1;
  const lanes = states.filter((to) => !anywhere(to) && into(to).some((from) => !isNext(from, to)));

  const line = (state: S, words: string, dy: number) =>
    `<text class="gh-device-flow__text" x="${BOX.left + BOX.width / 2}" y="${middle(state) + dy}" text-anchor="middle">${escaped(words)}</text>`;
  const boxes = states.map((s) => {
    const loud = anywhere(s);
    const words = loud ? line(s, names(s), -3) + line(s, 'from anywhere', 14) : line(s, names(s), 5);
    return `<rect class="gh-device-flow__box${loud ? ' gh-device-flow__box--any' : ''}" x="${BOX.left}" y="${y(s)}" width="${BOX.width}" height="${BOX.height}" rx="8"/>${words}`;
  });
  const next = states.flatMap((to) =>
    into(to)
      .filter((from) => isNext(from, to) && !anywhere(to))
      .map(
        (from) =>
          `<path class="gh-device-flow__line" marker-end="url(#gh-device-flow-end)" d="M${BOX.left + BOX.width / 2} ${y(from) + BOX.height}V${y(to) - 2}"/>`,
      ),
  );
  const far = lanes.flatMap((to, i) => {
    const x = right + LANE.first + i * LANE.step;
    const offset = (i - (lanes.length - 1) / 2) * 6;
    return into(to)
      .filter((from) => !isNext(from, to))
      .map(
        (from) =>
          `<path class="gh-device-flow__line" marker-end="url(#gh-device-flow-end)" d="M${right} ${middle(from) + offset}H${x}V${middle(to) + offset}H${right + 2}"/>`,
      );
  });
  const width = right + LANE.first + lanes.length * LANE.step;
  const height = y(states.at(-1) as S) + BOX.height + 10;
  return [
    `<svg class="gh-device-flow" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="gh-device-flow-title">`,
    '<title id="gh-device-flow-title">From where to where, as the list below says in words</title>',
    '<defs><marker id="gh-device-flow-end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="gh-device-flow__end" d="M0 0L8 4L0 8z"/></marker></defs>',
    ...next,
    ...far,
    ...boxes,
    '</svg>',
  ].join('');
}
