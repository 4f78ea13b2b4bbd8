import { Refusal } from '#core/errors.ts';
import { buildIndex, loadMapping, loadTaxonomy } from '#filter/index.ts';
import type { CompileNews, CompileOrder } from './compile.messages.ts';

/**
 * The process that compiles lists: millions of names take seconds of one processor and much memory, and neither may
 * stall control or its worker. It lives for one order, and ends when its parent does.
 */
const say = (news: CompileNews) => new Promise((sent) => process.send?.(news, sent));

process.once('message', async ({ sources, outFile, seed }: CompileOrder) => {
  try {
    const taxonomy = loadTaxonomy();
    const report = await buildIndex(sources, taxonomy, loadMapping(taxonomy), outFile, {
      seed,
      onProgress: (done) => void say({ kind: 'progress', ...done }),
    });
    await say({ kind: 'done', report });
  } catch (e) {
    await say({ kind: 'failed', refusal: e instanceof Refusal, message: e instanceof Error ? e.message : String(e) });
  }
  process.disconnect?.();
});
process.once('disconnect', () => process.exit());
