import { systemClock } from '#core/clock.ts';
import { startGateway } from '#gateway/gateway.ts';
import { dataPaths, readConfig } from '#platform/config.ts';
import { createLog } from '#platform/log.ts';
import { runProcess } from './process.ts';

const log = createLog('gateway');

await runProcess(
  () => log,
  async () => {
    const config = readConfig(process.env, process.cwd());
    const gateway = await startGateway({
      folder: dataPaths(config.data).gateway,
      clock: systemClock,
      log: (level, event, facts) => log[level](event, facts),
      dns: config.dns,
      proxy: config.proxy,
      block: config.block,
      upstreamDns: config.upstreamDns,
      pagesUrl: config.pagesUrl,
      proxyTls: config.proxyTls,
    });
    return { facts: { dns: gateway.dns, proxy: gateway.proxy, block: gateway.block }, stop: () => gateway.stop() };
  },
);
