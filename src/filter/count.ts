import { readList } from './formats.ts';
import { listFiles, type Source } from './sources.ts';

export interface ListCount {
  /** Names and addresses taken, by the source's own word for their category; repeats included. */
  readonly entries: Readonly<Record<string, number>>;
  readonly refused: number;
}

/** Read a source to its end and count what it holds, by what it says itself: whether other lists agree is not asked. */
export async function countNames(source: Source, mostUnpacked: number): Promise<ListCount> {
  const entries: Record<string, number> = Object.create(null);
  let refused = 0;
  for await (const list of listFiles(source, mostUnpacked)) {
    let names = 0;
    await readList(
      list.chunks,
      () => names++,
      () => refused++,
    );
    entries[list.outside] = (entries[list.outside] ?? 0) + names;
  }
  return { entries: { ...entries }, refused };
}
