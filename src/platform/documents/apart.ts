import { once } from 'node:events';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { renderDocx } from './docx.ts';
import type { DocumentModel } from './model.ts';
import { renderPdf } from './pdf.ts';

export const FORMATS = {
  pdf: 'application/pdf',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
} as const;
export type Format = keyof typeof FORMATS;

interface Work {
  readonly format: Format;
  readonly document: DocumentModel;
  readonly at: Date;
}

/** A long document is a second or two of work; in a thread of its own it slows no page (design: two planes). */
export async function renderApart(format: Format, document: DocumentModel, at: Date): Promise<Buffer> {
  const work: Work = { format, document, at };
  const thread = new Worker(new URL(import.meta.url), { workerData: { [NAME]: work } });
  const [file] = (await once(thread, 'message')) as [Uint8Array];
  return Buffer.from(file);
}

/** Other threads load this file too, and are not meant. */
const NAME = 'gatehouse-document';

if (!isMainThread && workerData?.[NAME]) {
  const { format, document, at } = workerData[NAME] as Work;
  const file = format === 'pdf' ? await renderPdf(document, at) : await renderDocx(document);
  parentPort?.postMessage(file);
}
