import { Refusal } from '#core/errors.ts';
import { buildIndex, countNames, loadMapping, loadTaxonomy, openSealsWith } from '#filter/index.ts';
import type { CompileNews, CompileOrder } from './compile.messages.ts';
import { scan } from './gate.scan.ts';
import { evidenceWith, mappingWith } from './source-readings.ts';

/**
 * The process that reads lists: millions of names take seconds of one processor and much memory, and neither may stall
 * control or its worker. It lives for one order, and ends when its parent does.
 */
const say = (news: CompileNews) => new Promise((sent) => process.send?.(news, sent));

async function carryOut(order: CompileOrder): Promise<CompileNews> {
  // What somebody entered is read without the key: a sealed list is no list of theirs (docs/decisions/0010).
  if (order.kind === 'scan') return { kind: 'scanned', contents: await scan(order) };
  openSealsWith(Buffer.from(order.sealKey, 'base64'));
  if (order.kind === 'count') return { kind: 'counted', count: await countNames(order.source, order.mostUnpacked) };
  const taxonomy = loadTaxonomy();
  const mapping = mappingWith(loadMapping(taxonomy), taxonomy, order.readings);
  const report = await buildIndex(order.sources, taxonomy, mapping, order.outFile, {
    seed: order.seed,
    evidence: evidenceWith(taxonomy, order.readings),
    onProgress: (done) => void say({ kind: 'progress', ...done }),
  });
  return { kind: 'compiled', report };
}

process.once('message', async (order: CompileOrder) => {
  try {
    await say(await carryOut(order));
  } catch (e) {
    await say({ kind: 'failed', refusal: e instanceof Refusal, message: e instanceof Error ? e.message : String(e) });
  }
  process.disconnect?.();
});
process.once('disconnect', () => process.exit());
