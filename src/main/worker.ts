import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND } from '#core/clock.ts';
import { dataPaths, readConfig } from '#platform/config.ts';
import { jobsUrl } from '#platform/db.ts';
import { runJobs } from '#platform/jobs.ts';
import { sealLine, sealNext } from '#platform/ledger.ts';
import { createLog, faultFacts } from '#platform/log.ts';
import { depsFor } from './installation.ts';
import { runProcess } from './process.ts';
import { allJobs } from './rooms.ts';

const SEAL_EVERY = 5 * SECOND;
const log = createLog('worker');

await runProcess(
  () => log,
  async () => {
    const config = readConfig(process.env, process.cwd());
    if (!config.databaseUrl) throw new Error('worker is started by "npm start", or with DATABASE_URL');
    const deps = await depsFor(config, config.databaseUrl, 'worker');
    const { tasks, recurring } = allJobs(deps);
    const runner = await runJobs(jobsUrl(config.databaseUrl), tasks, recurring, log);
    void runner.lost.then(() => process.exit(1));

    const seals = dataPaths(config.data).seals;
    mkdirSync(seals, { recursive: true, mode: 0o700 });
    let sealing: Promise<void> = Promise.resolve();
    const seal = async () => {
      for (let s = await sealNext(deps.db, deps.clock.now()); s; s = await sealNext(deps.db, deps.clock.now())) {
        appendFileSync(join(seals, 'seals.txt'), sealLine(s), { mode: 0o600 });
      }
    };
    const timer = setInterval(() => {
      sealing = sealing.then(seal).catch((e) => log.error('seal.failed', faultFacts(e)));
    }, SEAL_EVERY);
    return {
      stop: async () => {
        clearInterval(timer);
        await sealing;
        await runner.stop();
        await deps.db.close();
      },
    };
  },
);
