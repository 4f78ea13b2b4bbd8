import { portRefusal } from '#core/ports.ts';
import { writeEnrolment } from '#gateway/gateway.ts';
import { controlUrl, dataPaths, readConfig } from '#platform/config.ts';
import { createLog } from '#platform/log.ts';
import { depsFor } from './installation.ts';
import { runProcess } from './process.ts';
import { createControl } from './rooms.ts';

const log = createLog('control');

await runProcess(
  () => log,
  async () => {
    const config = readConfig(process.env, process.cwd());
    if (!config.databaseUrl) throw new Error('control is started by "npm start", or with DATABASE_URL');
    const deps = await depsFor(config, config.databaseUrl, 'control');
    const app = await createControl(deps, (enrolment) =>
      writeEnrolment(dataPaths(config.data).gateway, {
        control: controlUrl(config),
        ...enrolment,
      }),
    );
    await app.listen({ host: config.http.address, port: config.http.port }).catch((e) => {
      throw portRefusal('GATEHOUSE_HTTP', config.http, e);
    });
    return {
      facts: { http: config.http },
      stop: async () => {
        await app.close();
        await deps.db.close();
      },
    };
  },
);
