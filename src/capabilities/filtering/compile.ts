import { fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { Refusal } from '#core/errors.ts';
import { type BuildReport, type ListCount, newSealKey, type Source } from '#filter/index.ts';
import type { CompileNews, CompileOrder } from './compile.messages.ts';
import { MOST_UNPACKED } from './download.ts';
import type { Contents } from './gate.rules.ts';
import type { ScanOrder } from './gate.scan.ts';

/** Sealed lists are read by this process's own compiler and by nothing else, ever: the key goes when the process goes. */
export const SEAL_KEY: Buffer = newSealKey();
const sealKey = SEAL_KEY.toString('base64');

/** Compile in a process of its own, at low priority, so that people who browse do not feel it. */
export async function compileApart(
  order: Omit<Extract<CompileOrder, { kind: 'compile' }>, 'kind' | 'sealKey'>,
  onProgress: (done: { readonly list: string; readonly names: number }) => void,
): Promise<BuildReport> {
  const news = await apart({ kind: 'compile', sealKey, ...order }, onProgress);
  if (news.kind !== 'compiled') throw new Error(`the compiler answered ${news.kind}`);
  return news.report;
}

/** What a source holds, read likewise. */
export async function countApart(source: Source): Promise<ListCount> {
  const news = await apart({ kind: 'count', sealKey, source, mostUnpacked: MOST_UNPACKED }, () => undefined);
  if (news.kind !== 'counted') throw new Error(`the counter answered ${news.kind}`);
  return news.count;
}

/** What a version holds, and whether it looks poisoned. */
export async function scanApart(order: ScanOrder): Promise<Contents> {
  const news = await apart({ kind: 'scan', sealKey, ...order }, () => undefined);
  if (news.kind !== 'scanned') throw new Error(`the scanner answered ${news.kind}`);
  return news.contents;
}

function apart(
  order: CompileOrder,
  onProgress: (done: { readonly list: string; readonly names: number }) => void,
): Promise<CompileNews> {
  const { promise, resolve, reject } = Promise.withResolvers<CompileNews>();
  const child = fork(new URL('./compile.process.ts', import.meta.url), {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  if (child.pid !== undefined) {
    try {
      setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // Some systems do not let us; then it runs like everything else.
    }
  }
  child.on('message', (news: CompileNews) => {
    if (news.kind === 'progress') onProgress(news);
    else if (news.kind !== 'failed') resolve(news);
    else reject(news.refusal ? new Refusal('invalid', 'lists.unreadable', news.message) : new Error(news.message));
  });
  child.on('error', reject);
  // After its last message, however it ended; `exit` may come before that message is read.
  child.on('disconnect', () => reject(new Error('the compiling process ended too early')));
  child.send(order);
  return promise;
}
