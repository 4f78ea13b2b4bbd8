/** One line of JSON per event on standard error. Ids only: never a name, a search, a URL (design: Rules of the store). */
export interface Log {
  info(event: string, facts?: Facts): void;
  warn(event: string, facts?: Facts): void;
  error(event: string, facts?: Facts): void;
}
type Facts = Readonly<Record<string, string | number | boolean | null | undefined>>;

export function createLog(process_: string, write: (line: string) => void = (l) => process.stderr.write(l)): Log {
  const at =
    (level: string) =>
    (event: string, facts: Facts = {}) =>
      write(`${JSON.stringify({ at: new Date().toISOString(), level, process: process_, event, ...facts })}\n`);
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** What may be said of a fault: its kind and code, not its message, which may carry what somebody typed. */
export function faultFacts(e: unknown): Facts {
  if (!(e instanceof Error)) return { fault: typeof e };
  const code = 'code' in e && typeof e.code === 'string' ? e.code : undefined;
  const where = e.stack
    ?.split('\n')
    .find((l) => l.includes('/src/'))
    ?.trim()
    .replace(/^at /, '')
    .replace(/\(?file:\/\/.*\/src\//, 'src/');
  return { fault: e.name, code, where };
}
