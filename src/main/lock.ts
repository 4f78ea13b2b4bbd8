import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Refusal } from '#core/errors.ts';
import { dataPaths } from '#platform/config.ts';

/** A data folder serves one run at a time. Returns what gives it free again; a lock left by a killed run is taken over. */
export function lockData(data: string): () => void {
  const path = dataPaths(data).lock;
  try {
    // To be walked through but not looked into: as root, PostgreSQL runs as another user in its own folder below.
    mkdirSync(data, { recursive: true, mode: 0o711 });
    for (let tries = 0; ; tries++) {
      try {
        writeFileSync(path, identity(process.pid), { flag: 'wx', mode: 0o600 });
        return () => rmSync(path, { force: true });
      } catch (e) {
        if ((e as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 0) throw e;
      }
      const holder = readFileSync(path, 'utf8');
      const pid = Number(holder.split(' ')[0]);
      if (pid > 0 && isAlive(pid) && identity(pid) === holder) {
        throw new Refusal(
          'conflict',
          'data.in-use',
          `The data folder ${data} is in use by another run of Gatehouse (process ${pid}).`,
        );
      }
      rmSync(path, { force: true });
    }
  } catch (e) {
    if (e instanceof Refusal) throw e;
    throw new Refusal(
      'unavailable',
      'data.folder',
      `The data folder ${data} cannot be used (${(e as NodeJS.ErrnoException).code}); set GATEHOUSE_DATA to a folder that this user may write.`,
      { cause: e },
    );
  }
}

/** Process number and, where the system tells, its start time: numbers are used again, the pair is not. */
function identity(pid: number): string {
  const stat = `/proc/${pid}/stat`;
  const started = existsSync(stat) ? readFileSync(stat, 'utf8').split(') ')[1]?.split(' ')[19] : '';
  return `${pid} ${started ?? ''}`;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM';
  }
}
