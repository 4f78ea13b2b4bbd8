import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join, resolve } from 'node:path';
import * as dnsPacket from 'dns-packet';
import { SMTPServer } from 'smtp-server';
import { temporaryFolder } from '#testing/folder.ts';

/** The program as a school runs it, in a folder of its own, with a world around it: DNS upstream, web sites, mail server. */
export interface Running {
  readonly data: string;
  readonly pages: string;
  readonly dns: { readonly address: string; readonly port: number };
  readonly proxy: { readonly address: string; readonly port: number };
  readonly block: { readonly address: string; readonly port: number };
  /** Everything the program printed so far. */
  output(): string;
  /** Wait until it has printed this. */
  said(pattern: RegExp, ms?: number): Promise<RegExpExecArray>;
  /** Numbers of the processes under it, by name. */
  child(name: 'control' | 'worker' | 'gateway' | 'postgres'): Promise<number>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<number | null>;
  stop(): Promise<void>;
}

const ROOT = resolve(import.meta.dirname, '..');

export interface World {
  readonly folder: string;
  readonly upstream: { readonly port: number; readonly asked: string[] };
  /** A web site that answers for every name. */
  readonly site: { readonly port: number; readonly seen: { host: string; url: string }[] };
  readonly mail: { readonly port: number; readonly letters: string[] };
  start(options?: {
    args?: string[];
    env?: Record<string, string>;
    data?: string;
    ports?: Partial<Ports>;
  }): Promise<Running>;
  /** Start without waiting for readiness: for refusals. */
  launch(options?: {
    args?: string[];
    env?: Record<string, string>;
    data?: string;
    ports?: Partial<Ports>;
  }): Promise<{ child: ChildProcess; output: () => string; exited: Promise<number | null>; ports: Ports }>;
  close(): Promise<void>;
}
interface Ports {
  http: number;
  dns: number;
  proxy: number;
  block: number;
}

export async function createWorld(): Promise<World> {
  const folder = temporaryFolder('e2e');
  const asked: string[] = [];
  const upstream = await startUpstream(asked);
  const seen: { host: string; url: string }[] = [];
  const site = await startSite(seen);
  const letters: string[] = [];
  const mail = await startMail(letters);
  const running: { stop: () => Promise<void> }[] = [];

  const launch: World['launch'] = async (options = {}) => {
    const data = options.data ?? join(folder, `data-${running.length}`);
    const ports = { ...(await freePorts()), ...options.ports };
    const env: Record<string, string | undefined> = {
      ...process.env,
      NODE_TEST_CONTEXT: undefined,
      GATEHOUSE_DATA: data,
      GATEHOUSE_HTTP: `127.0.0.1:${ports.http}`,
      GATEHOUSE_DNS: `127.0.0.1:${ports.dns}`,
      GATEHOUSE_PROXY: `127.0.0.1:${ports.proxy}`,
      GATEHOUSE_BLOCK: `127.0.0.1:${ports.block}`,
      GATEHOUSE_UPSTREAM_DNS: `127.0.0.1:${(upstream.address() as AddressInfo).port}`,
      GATEHOUSE_SMTP: `smtp://127.0.0.1:${mailPort(mail)}`,
      ...options.env,
    };
    const child = spawn(process.execPath, [join(ROOT, 'src/main/start.ts'), ...(options.args ?? [])], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (d) => {
      text += d;
    });
    child.stderr.on('data', (d) => {
      text += d;
    });
    const exited = new Promise<number | null>((r) => child.once('exit', r));
    running.push({
      stop: async () => {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
        await exited;
      },
    });
    return { child, output: () => text, exited, ports };
  };

  const start: World['start'] = async (options = {}) => {
    const { child, output, exited, ports } = await launch(options);
    const said: Running['said'] = async (pattern, ms = 30_000) => {
      for (const end = Date.now() + ms; Date.now() < end; await sleep(30)) {
        const m = pattern.exec(output());
        if (m) return m;
        if (child.exitCode !== null && !pattern.test(output())) break;
      }
      throw new Error(`"${pattern}" was not said within ${ms} ms:\n${output()}`);
    };
    await said(/Gatehouse is running\.[\s\S]*Proxy .*\n/, 120_000);
    return {
      data: options.data ?? /* launch chose it */ join(folder, `data-${running.length - 1}`),
      pages: `http://127.0.0.1:${ports.http}`,
      dns: { address: '127.0.0.1', port: ports.dns },
      proxy: { address: '127.0.0.1', port: ports.proxy },
      block: { address: '127.0.0.1', port: ports.block },
      output,
      said,
      child: (name) => findChild(child.pid ?? 0, name),
      kill: (signal) => void child.kill(signal),
      exited,
      stop: async () => {
        if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
        await exited;
      },
    };
  };

  return {
    folder,
    upstream: { port: (upstream.address() as AddressInfo).port, asked },
    site: { port: (site.address() as AddressInfo).port, seen },
    mail: { port: mailPort(mail), letters },
    start,
    launch,
    async close() {
      await Promise.all(running.map((r) => r.stop()));
      upstream.close();
      site.closeAllConnections();
      site.close();
      await new Promise<void>((r) => mail.close(() => r()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const sleep = (ms: number): Promise<void> => new Promise((r) => setTimeout(r, ms));

/** Try until it holds; for what happens in another process. */
export async function eventually<T>(
  what: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  ms = 10_000,
): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + ms; Date.now() < end; await sleep(50)) {
    try {
      const answer = await what();
      if (answer) return answer;
    } catch (e) {
      last = e;
    }
  }
  throw last ?? new Error(`did not come about within ${ms} ms: ${what}`);
}

/** Every name is 127.0.0.1, but for `missing.example`. */
function startUpstream(asked: string[]): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (message, from) => {
    const query = dnsPacket.decode(message);
    const question = query.questions?.[0];
    if (!question) return;
    asked.push(question.name);
    const known = question.type === 'A' && question.name !== 'missing.example';
    const answer = dnsPacket.encode({
      type: 'response',
      id: query.id,
      flags:
        dnsPacket.RECURSION_DESIRED | dnsPacket.RECURSION_AVAILABLE | (question.name === 'missing.example' ? 3 : 0),
      questions: [question],
      answers: known ? [{ type: 'A', name: question.name, ttl: 60, data: '127.0.0.1' }] : [],
    });
    socket.send(answer, from.port, from.address);
  });
  return new Promise((r) => socket.bind(0, '127.0.0.1', () => r(socket)));
}

function startSite(seen: { host: string; url: string }[]): Promise<Server> {
  const server = createServer((request, response) => {
    seen.push({ host: request.headers.host ?? '', url: request.url ?? '' });
    response
      .setHeader('content-type', 'text/html')
      .end(`<!doctype html><title>A site</title><h1>Welcome to ${request.headers.host}</h1>`);
  });
  return new Promise((r) => server.listen(0, '127.0.0.1', () => r(server)));
}

function startMail(letters: string[]): Promise<SMTPServer> {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, _session, done) {
      let text = '';
      stream.on('data', (d) => {
        text += d;
      });
      stream.on('end', () => {
        letters.push(text);
        done(null);
      });
    },
  });
  return new Promise((r) => server.listen(0, '127.0.0.1', () => r(server)));
}
const mailPort = (s: SMTPServer): number => (s.server.address() as AddressInfo).port;

async function freePorts(): Promise<Ports> {
  const one = () =>
    new Promise<number>((r) => {
      const s = createTcpServer().listen(0, '127.0.0.1', () => {
        const { port } = s.address() as AddressInfo;
        s.close(() => r(port));
      });
    });
  return { http: await one(), dns: await one(), proxy: await one(), block: await one() };
}

async function findChild(parent: number, name: string): Promise<number> {
  const { readFileSync, readdirSync } = await import('node:fs');
  for (const pid of readdirSync('/proc').filter((p) => /^\d+$/.test(p))) {
    try {
      const ppid = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[1]);
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (
        ppid === parent &&
        (line.includes(`main/${name}.ts`) || (name === 'postgres' && line.includes('bin/postgres')))
      )
        return Number(pid);
    } catch {
      // It ended while we looked.
    }
  }
  throw new Error(`no ${name} process`);
}
