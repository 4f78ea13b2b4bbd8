import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import * as dnsPacket from 'dns-packet';
import { startGateway, writeEnrolment } from '#gateway/gateway.ts';
import { createControl } from '#main/rooms.ts';
import { enrolGateway } from '#rooms/filtering/index.ts';
import type { WebApp } from '#web/index.ts';
import type { TestDatabase } from './database.ts';
import { temporaryFolder } from './folder.ts';
import type { TestSchool } from './web.ts';

/** A school's real control and a real gateway that follows it. */
export interface House {
  readonly control: WebApp;
  /** The first address that the gateway's DNS answers with, or its response code. */
  dns(name: string): Promise<string>;
  /** Plain HTTP through the proxy, by somebody who signs in to it. */
  fetch(
    url: string,
    who?: { readonly username: string; readonly password: string },
  ): Promise<{ status: number; body: string }>;
  /** The first line of the proxy's answer to CONNECT. */
  tunnel(host: string, who?: { readonly username: string; readonly password: string }): Promise<string>;
  stop(): Promise<void>;
}

/** What the DNS behind the gateway answers for every name, where nothing else is said. */
export const ELSEWHERE = '192.0.2.1';
/** Where blocked names lead. */
export const BLOCK_PAGE = '127.0.0.1';

/** Start both; the school's clock must run with the system's, since a gateway's threads do. */
export async function wholeHouse(t: TestDatabase, school: TestSchool, elsewhere = ELSEWHERE): Promise<House> {
  const folder = temporaryFolder('house');
  const upstream = createSocket('udp4');
  upstream.on('message', (message, from) => {
    const { id, questions } = dnsPacket.decode(message);
    const name = questions?.[0]?.name ?? '';
    const answers = questions?.[0]?.type === 'A' ? [{ type: 'A' as const, name, ttl: 1, data: elsewhere }] : [];
    const answer = dnsPacket.encode({ type: 'response', id, flags: 0x180, questions, answers });
    upstream.send(answer, from.port, from.address);
  });
  await new Promise<void>((ready) => upstream.bind(0, '127.0.0.1', () => ready()));
  const control = await createControl(school.deps, () => undefined, { rateLimit: 100_000 });
  await control.listen({ host: '127.0.0.1', port: 0 });
  const by = school.people.ictManager.context;
  const token = await t.db.in(by, (tx) => enrolGateway(tx, school.deps, by, 'Main building'));
  const [keys] = await t.asOwner('select signing_public from installation');
  const { port } = control.server.address() as AddressInfo;
  writeEnrolment(folder, { control: `http://127.0.0.1:${port}`, token, publicKey: String(keys?.signing_public) });
  const any = { address: '127.0.0.1', port: 0 };
  const gateway = await startGateway({
    folder,
    clock: school.clock,
    log: () => undefined,
    dns: any,
    proxy: any,
    block: any,
    upstreamDns: [{ address: '127.0.0.1', port: upstream.address().port }],
    proxyTls: null,
    pagesUrl: school.deps.config.pagesUrl,
    threads: 1,
  });
  const asker = await askerAt(gateway.dns.port);
  const authorization = (who: { username: string; password: string } | undefined) =>
    who && `Basic ${Buffer.from(`${who.username}:${who.password}`).toString('base64')}`;
  return {
    control,
    dns: asker.ask,
    fetch: (url, who) =>
      new Promise((done, failed) => {
        const signedIn = authorization(who);
        const headers = { host: new URL(url).host, ...(signedIn && { 'proxy-authorization': signedIn }) };
        request({ host: '127.0.0.1', port: gateway.proxy.port, path: url, headers }, (answer) => {
          let body = '';
          answer.setEncoding('utf8').on('data', (text) => {
            body += text;
          });
          answer.on('end', () => done({ status: answer.statusCode ?? 0, body }));
        })
          .on('error', failed)
          .end();
      }),
    tunnel: (host, who) =>
      new Promise((done, failed) => {
        const signedIn = authorization(who);
        const line = signedIn ? `Proxy-Authorization: ${signedIn}\r\n` : '';
        const socket = connect(gateway.proxy.port, '127.0.0.1', () =>
          socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n${line}\r\n`),
        );
        socket.once('data', (data) => {
          done(data.toString().split('\r\n')[0] ?? '');
          socket.destroy();
        });
        socket.once('error', failed);
      }),
    stop: async () => {
      asker.close();
      await gateway.stop();
      await control.close();
      upstream.close();
    },
  };
}

/** On a busy machine an answer may be late, but none may be lost: so each is asked for once, and waited for long. */
const PATIENCE = 15_000;

/** The system's resolver asks again and gives up by its own measure; this one does neither. */
async function askerAt(port: number): Promise<{ ask(name: string): Promise<string>; close(): void }> {
  const socket = createSocket('udp4');
  await new Promise<void>((ready) => socket.connect(port, '127.0.0.1', ready));
  const open = new Map<number, (answer: string) => void>();
  socket.on('message', (message) => {
    const { id = 0, answers, rcode } = dnsPacket.decode(message) as dnsPacket.DecodedPacket & { rcode: string };
    const first = answers?.find((a): a is dnsPacket.StringAnswer => a.type === 'A');
    open.get(id)?.(first?.data ?? rcode);
  });
  let last = 0;
  return {
    close: () => socket.close(),
    ask: (name) =>
      new Promise((resolve) => {
        last = (last + 1) & 0xffff;
        const id = last;
        const done = (answer: string) => {
          clearTimeout(timer);
          open.delete(id);
          resolve(answer);
        };
        const timer = setTimeout(done, PATIENCE, 'no answer');
        open.set(id, done);
        socket.send(dnsPacket.encode({ type: 'query', id, flags: 0x100, questions: [{ type: 'A', name }] }));
      }),
  };
}
