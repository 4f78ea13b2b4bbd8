import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Running } from './harness.ts';

/** A browser on a machine of its own. */
export interface Device {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the proxy answers this machine, asked past the browser: for what is measured. */
  status(url: string): Promise<number | undefined>;
  close(): Promise<void>;
}

/**
 * A browser on a machine with an address of its own in the school's network (127.0.0.x): the pages and the proxy of
 * Gatehouse see it come from there, as they would any device. What is not Gatehouse's goes through its proxy.
 */
export async function deviceAt(
  it: Running,
  browser: Browser,
  address: string,
  options: Parameters<Browser['newContext']>[0] = {},
): Promise<Device> {
  const pages = new URL(it.pages);
  const network = createServer((asked, answer) => {
    const url = new URL(asked.url ?? '', it.pages);
    const way =
      url.host === pages.host
        ? { host: pages.hostname, port: pages.port, path: url.pathname + url.search }
        : { host: it.proxy.address, port: it.proxy.port, path: url.href };
    const onward = request(
      { ...way, method: asked.method, headers: asked.headers, localAddress: address, agent: false },
      (found) => {
        answer.writeHead(found.statusCode ?? 502, found.rawHeaders);
        found.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    answer.on('close', () => onward.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((r) => network.listen(0, '127.0.0.1', r));
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    locale: 'en-GB',
    // Chromium goes to its own machine past every proxy unless it is told not to.
    proxy: { server: `http://127.0.0.1:${(network.address() as AddressInfo).port}`, bypass: '<-loopback>' },
    ...options,
  });
  context.setDefaultTimeout(10_000);
  return {
    context,
    page: await context.newPage(),
    status: (url) =>
      new Promise((resolve, reject) => {
        const { address: host, port } = it.proxy;
        const headers = { host: new URL(url).host };
        request({ host, port, path: url, headers, localAddress: address, agent: false }, (found) => {
          found.resume();
          resolve(found.statusCode);
        })
          .on('error', reject)
          .end();
      }),
    close: async () => {
      await context.close();
      network.closeAllConnections();
      network.close();
    },
  };
}
