/** A stretch of text that stayed, went or came. */
export interface Mark {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Longer texts would take long to compare word by word, and nobody would read the marks. */
const MOST = 2000;

/**
 * How a text became another, word by word: what stayed and went gives the old one, what stayed and came the new one. By
 * the longest common subsequence; words at both ends that stayed are set aside first, which is most of them.
 */
export function diffWords(old: string, now: string): Mark[] {
  const [a, b] = [wordsOf(old), wordsOf(now)];
  const shared = Math.min(a.length, b.length);
  let head = 0;
  while (head < shared && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < shared - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const middle = between(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  return joined([
    ...a.slice(0, head).map((text): Mark => ({ kind: 'same', text })),
    ...middle,
    ...a.slice(a.length - tail).map((text): Mark => ({ kind: 'same', text })),
  ]);
}

/** Words, and the spaces between them. */
const wordsOf = (text: string): string[] => text.match(/\S+|\s+/g) ?? [];

function between(a: readonly string[], b: readonly string[]): Mark[] {
  if (a.length > MOST || b.length > MOST) {
    return [
      { kind: 'removed', text: a.join('') },
      { kind: 'added', text: b.join('') },
    ];
  }
  // longest[i][j]: how many words the rests of both share.
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => longest[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const marks: Mark[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      marks.push({ kind: 'same', text: a[i] ?? '' });
      i++;
      j++;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      marks.push({ kind: 'removed', text: a[i++] ?? '' });
    } else {
      marks.push({ kind: 'added', text: b[j++] ?? '' });
    }
  }
  return marks;
}

/** Neighbours of one kind as one mark, what went before what came. */
function joined(marks: readonly Mark[]): Mark[] {
  const out: Mark[] = [];
  let run: Record<'removed' | 'added', string> = { removed: '', added: '' };
  const flush = () => {
    for (const kind of ['removed', 'added'] as const) if (run[kind] !== '') out.push({ kind, text: run[kind] });
    run = { removed: '', added: '' };
  };
  for (const { kind, text } of marks) {
    if (text === '') continue;
    if (kind !== 'same') {
      run[kind] += text;
      continue;
    }
    flush();
    const last = out.at(-1);
    if (last?.kind === 'same') out[out.length - 1] = { kind, text: last.text + text };
    else out.push({ kind, text });
  }
  flush();
  return out;
}
