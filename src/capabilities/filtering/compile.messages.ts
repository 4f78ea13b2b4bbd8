import type { BuildReport, ListCount, Source } from '#filter/index.ts';
import type { Contents } from './gate.rules.ts';
import type { ScanOrder } from './gate.scan.ts';
import type { Readings } from './source-readings.ts';

/** What the worker says to the process that reads and compiles lists (compile.process.ts), and back. */
export type CompileOrder = {
  /** What opens sealed lists, in base64; it is nowhere but in the memory of these processes. */
  readonly sealKey: string;
} & (
  | {
      readonly kind: 'compile';
      readonly sources: readonly Source[];
      readonly readings: Readings;
      readonly outFile: string;
      readonly seed: readonly [number, number];
    }
  | { readonly kind: 'count'; readonly source: Source; readonly mostUnpacked: number }
  | ({ readonly kind: 'scan' } & ScanOrder)
);
export type CompileNews =
  | { readonly kind: 'progress'; readonly list: string; readonly names: number }
  | { readonly kind: 'compiled'; readonly report: BuildReport }
  | { readonly kind: 'counted'; readonly count: ListCount }
  | { readonly kind: 'scanned'; readonly contents: Contents }
  /** Words that may be shown; `refusal` false marks a fault of ours. */
  | { readonly kind: 'failed'; readonly refusal: boolean; readonly message: string };
