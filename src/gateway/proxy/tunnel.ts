import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { BlockPageContext } from '../block-page/index.ts';
import { renderLine } from '../block-page/index.ts';
import type { FairUseKeeper } from '../fair-use.ts';
import type { Client, Judgement } from '../judge.ts';
import { stampHeader } from '../proof/header.ts';
import { blockedStatus, proxyStatus, refuseTunnel } from './answers.ts';
import { type ClientHello, MAX_HELLO, parseClientHello } from './client-hello.ts';
import { SIGN_IN } from './forward.ts';
import type { Gate } from './gate.ts';
import { Paced } from './paced.ts';
import { FORBIDDEN_PORT, NOT_TLS, UNREADABLE_NAME } from './refusals.ts';
import { parseAuthorityForm, parseHostHeader } from './target.ts';
import type { Upstream } from './upstream.ts';

export interface TunnelParts {
  readonly gate: Gate;
  readonly upstream: Upstream;
  readonly page: () => BlockPageContext;
  /** Ports that TLS is spoken on. */
  readonly fairUse: FairUseKeeper | null;
  readonly ports: readonly number[];
  readonly timeouts: { readonly idle: number; readonly hello: number; readonly recheck: number };
}

/** fatal `access_denied` (RFC 8446 §6): the browser says at once that the connection was refused. */
const TLS_ACCESS_DENIED = Buffer.from([21, 3, 1, 0, 2, 2, 49]);

/** Serves one CONNECT: admit the host, then let only TLS through, and only to a name that is allowed as well. */
export async function tunnel(parts: TunnelParts, req: IncomingMessage, client: Socket, head: Buffer): Promise<void> {
  const { gate, upstream, page, timeouts } = parts;
  const parsed = parseAuthorityForm(req.url ?? '');
  if (!parsed.ok) return refuseTunnel(client, 400, 'Bad Request', parsed.reason, proxyStatus('http_request_error'));
  const { target } = parsed;
  const who = await gate.identify(req);
  if (who === 'ask') return refuseTunnel(client, 407, 'Proxy Authentication Required', 'Please sign in.', SIGN_IN);

  const admission = parts.ports.includes(target.port)
    ? await gate.admit(who, target)
    : gate.refuse(who, target.host, FORBIDDEN_PORT);
  if (client.destroyed) return;
  if (admission.kind === 'blocked') {
    const { judgement } = admission;
    const more = { ...blockedStatus(judgement, page()), ...stampHeader(who, judgement) };
    return refuseTunnel(client, 403, 'Forbidden', renderLine(page(), judgement), more);
  }
  if (admission.kind === 'proved') {
    return refuseTunnel(client, 200, 'OK', 'A proof of what is open ends here.', stampHeader(who, admission.judgement));
  }
  if (admission.kind === 'unknown-host') {
    return refuseTunnel(client, 502, 'Bad Gateway', 'There is no site of this name.', proxyStatus('dns_error'));
  }

  // Connected before the client is told so: what fails, fails with words, not with a dead tunnel.
  let server: Socket;
  try {
    server = await upstream.connect(admission.target, admission.addresses);
  } catch (e) {
    const late = (e as NodeJS.ErrnoException).code === 'ETIMEDOUT';
    const status = proxyStatus(late ? 'connection_timeout' : 'connection_refused');
    return refuseTunnel(
      client,
      late ? 504 : 502,
      late ? 'Gateway Timeout' : 'Bad Gateway',
      'The site does not answer.',
      status,
    );
  }
  endTogether(client, server);
  if (client.destroyed) {
    server.destroy();
    return;
  }

  client.write('HTTP/1.1 200 Connection established\r\n\r\n');
  const { hello, received } = await readClientHello(client, head, timeouts.hello);
  const refusal = judgeHello(gate, who, target.host, hello);
  if (refusal || server.destroyed) {
    server.destroy();
    client.end(TLS_ACCESS_DENIED);
    client.resume();
    return;
  }
  server.write(received);
  const pace = parts.fairUse?.paceOf(who, target.host) ?? null;
  if (pace === null) {
    client.pipe(server);
    server.pipe(client);
  } else {
    client.pipe(new Paced(pace)).pipe(server);
    server.pipe(new Paced(pace)).pipe(client);
  }
  const watch = setInterval(() => {
    if (!gate.stillOpen(who, target.host)) server.destroy();
  }, timeouts.recheck);
  server.once('close', () => clearInterval(watch));
}

/** When one side is gone, so is the other; what was written before it went still arrives. */
function endTogether(one: Socket, other: Socket): void {
  for (const [gone, left] of [
    [one, other],
    [other, one],
  ] as const) {
    gone.on('error', () => gone.destroy());
    gone.once('close', () => (left.writableEnded ? left.destroySoon() : left.destroy()));
  }
}

/**
 * The server decides by the name in the hello, so that name must be allowed too: otherwise an allowed host that
 * shares an address with a blocked one would be a door to it.
 */
function judgeHello(gate: Gate, client: Client, host: string, hello: ClientHello | 'gone'): Judgement | null {
  if (hello === 'gone') return NOT_TLS;
  if (hello.kind !== 'hello') {
    const why = hello.kind === 'refused' && hello.reason !== 'not-tls' ? UNREADABLE_NAME : NOT_TLS;
    return gate.refuse(client, host, why).judgement;
  }
  // No name: the server takes the one the address stands for, and that host was judged.
  if (hello.serverName === null) return null;
  const named = parseHostHeader(hello.serverName);
  if (!named.ok || named.target.port !== 80 || hello.serverName.includes(':')) {
    return gate.refuse(client, host, UNREADABLE_NAME).judgement;
  }
  if (named.target.host === host) return null;
  const judgement = gate.judgeName(client, named.target.host, host);
  return judgement.outcome === 'block' ? judgement : null;
}

/** Waits for a whole ClientHello, within bounds of size and time, and gives back every byte for the server. */
function readClientHello(
  client: Socket,
  head: Buffer,
  limit: number,
): Promise<{ hello: ClientHello | 'gone'; received: Buffer }> {
  const chunks: Buffer[] = [];
  let size = 0;
  let need = 0;
  return new Promise((resolve) => {
    const finish = (hello: ClientHello | 'gone'): void => {
      clearTimeout(timer);
      client.pause();
      client.off('data', take).off('end', gone).off('close', gone);
      resolve({ hello, received: Buffer.concat(chunks) });
    };
    const gone = (): void => finish('gone');
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      size += chunk.length;
      if (size < need && size <= MAX_HELLO) return;
      const hello = parseClientHello(Buffer.concat(chunks));
      if (hello.kind === 'incomplete' && size <= MAX_HELLO) need = hello.need;
      else finish(hello);
    };
    const timer = setTimeout(() => finish({ kind: 'incomplete', need }), limit);
    client.on('data', take).once('end', gone).once('close', gone);
    if (head.length > 0) take(head);
  });
}
