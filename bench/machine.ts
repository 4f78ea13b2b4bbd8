import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';

/** Something running that is measured, at a port of the loopback address. */
export interface Contender {
  readonly name: string;
  readonly port: number;
  stop(): Promise<void>;
}

/** Whoever is measured has the first core for itself, and whoever asks has the next: peers use as many as we do. */
export const MEASURED = 0;
export const ASKING = 1;

/** Start a program on one core; where cores cannot be given out, on whichever there are. */
export function onCore(core: number, program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const [first, ...rest] = coreFor(core, program, args);
  return spawn(first, rest, options);
}

/** The same as a command line. */
export function coreFor(core: number, program: string, args: readonly string[]): [string, ...string[]] {
  const given = installed('taskset') && availableParallelism() > core;
  return given ? ['taskset', '-c', String(core), program, ...args] : [program, ...args];
}

const known = new Map<string, boolean>();

/** Is there such a command? */
export function installed(program: string): boolean {
  const before = known.get(program);
  if (before !== undefined) return before;
  let found = true;
  try {
    execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
  } catch {
    found = false;
  }
  known.set(program, found);
  return found;
}

/** End a process: asked first, made to after three seconds. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  const hard = setTimeout(() => child.kill('SIGKILL'), 3000);
  await exit;
  clearTimeout(hard);
}

export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  const { port } = socket.address();
  socket.close();
  return port;
}

export async function freeTcpPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A small name server that knows one address for every name. */
export async function nameServer(address: string): Promise<Socket> {
  const socket = createSocket('udp4');
  const answer = Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0x0e, 0x10, 0, 4, ...address.split('.').map(Number)]);
  socket.on('message', (packet, from) => {
    const end = packet.indexOf(0, 12) + 5;
    const isA = packet[end - 3] === 1;
    const reply = Buffer.concat(isA ? [packet.subarray(0, end), answer] : [packet.subarray(0, end)]);
    reply.writeUInt16BE(0x8180, 2);
    reply.set([0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0], 4);
    socket.send(reply, from.port, from.address);
  });
  await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready));
  return socket;
}
