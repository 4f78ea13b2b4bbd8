import type { BuildReport, Source } from '#filter/index.ts';

/** What the worker says to the process that compiles (compile.process.ts), and back. */
export interface CompileOrder {
  readonly sources: readonly Source[];
  readonly outFile: string;
  readonly seed: readonly [number, number];
}
export type CompileNews =
  | { readonly kind: 'progress'; readonly list: string; readonly names: number }
  | { readonly kind: 'done'; readonly report: BuildReport }
  /** Words that may be shown; `refusal` false marks a fault of ours. */
  | { readonly kind: 'failed'; readonly refusal: boolean; readonly message: string };
