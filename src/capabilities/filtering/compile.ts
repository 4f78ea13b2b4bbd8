import { fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { Refusal } from '#core/errors.ts';
import type { BuildReport } from '#filter/index.ts';
import type { CompileNews, CompileOrder } from './compile.messages.ts';

/** Compile in a process of its own, at low priority, so that people who browse do not feel it. */
export function compileApart(
  order: CompileOrder,
  onProgress: (done: { readonly list: string; readonly names: number }) => void,
): Promise<BuildReport> {
  const { promise, resolve, reject } = Promise.withResolvers<BuildReport>();
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
    else if (news.kind === 'done') resolve(news.report);
    else reject(news.refusal ? new Refusal('invalid', 'lists.unreadable', news.message) : new Error(news.message));
  });
  child.on('error', reject);
  // After its last message, however it ended; `exit` may come before that message is read.
  child.on('disconnect', () => reject(new Error('the compiling process ended too early')));
  child.send(order);
  return promise;
}
