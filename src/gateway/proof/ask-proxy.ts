import * as http from 'node:http';
import * as https from 'node:https';
import type { Endpoint } from '#core/endpoint.ts';
import { type Asker, type Heard, heard, REFUSED, reachable, SILENT } from './ask.ts';
import { proxyCredential, stampIn } from './header.ts';

const WAIT = 5_000;

/** Our own listener on our own machine; that it is ours, the stamp says. */
const OWN_CERTIFICATE = { rejectUnauthorized: false } as const;

/** Asks for `http://host/` on kept connections. */
export function proxyAsker(at: Endpoint, tls: boolean, connections: number): Asker {
  const { request, options } = reached(at, tls);
  const module_ = tls ? https : http;
  const agent = new module_.Agent({ keepAlive: true, maxSockets: connections });
  return {
    ask: (host, credential) =>
      new Promise((resolve) => {
        const headers = { ...headersFor(host, credential), Accept: 'text/plain' };
        const sent = request({ ...options, agent, method: 'GET', path: `http://${host}/`, headers });
        sent.on('response', (answer) => {
          answer.resume().once('end', () => resolve(read(answer)));
        });
        endAnyhow(sent, resolve);
      }),
    close: () => agent.destroy(),
  };
}

/** Asks for a tunnel to `host:443`, a connection for each. */
export function tunnelAsker(at: Endpoint, tls: boolean): Asker {
  const { request, options } = reached(at, tls);
  return {
    ask: (host, credential) =>
      new Promise((resolve) => {
        const authority = `${host}:443`;
        const headers = headersFor(authority, credential);
        const sent = request({ ...options, agent: false, method: 'CONNECT', path: authority, headers });
        sent.on('connect', (answer, socket) => {
          socket.destroy();
          resolve(read(answer));
        });
        endAnyhow(sent, resolve);
      }),
    close: () => undefined,
  };
}

function reached({ address, port }: Endpoint, tls: boolean) {
  const { to, from } = reachable(address);
  const options = { host: to, port, localAddress: from, timeout: WAIT, ...(tls && OWN_CERTIFICATE) };
  return { request: tls ? https.request : http.request, options };
}

const headersFor = (host: string, credential: Buffer) => ({
  Host: host,
  'Proxy-Authorization': proxyCredential(credential),
});

function endAnyhow(sent: http.ClientRequest, resolve: (heard: Heard) => void): void {
  sent.on('timeout', () => sent.destroy());
  sent.on('error', () => resolve(SILENT));
  sent.on('close', () => resolve(SILENT));
  sent.end();
}

function read({ statusCode, headers }: http.IncomingMessage): Heard {
  if (statusCode === 407) return REFUSED;
  if (statusCode !== 200 && statusCode !== 403) return SILENT;
  return heard(statusCode === 403 ? 'blocked' : 'open', stampIn(headers));
}
