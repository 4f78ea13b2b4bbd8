import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, MINUTE } from '#core/clock.ts';
import type { Endpoint } from '#core/endpoint.ts';
import { requireFreeTcp, requireFreeUdp } from '#core/ports.ts';
import type { GatewayStatus } from '#policy/feed.ts';
import { ControlClient, type Enrolment } from './feed/control-client.ts';
import { Feed } from './feed/feed.ts';
import { type FromThread, THREAD_LIMITS, type ThreadSettings, type ToThread } from './messages.ts';
import { newProofKey } from './proof/credential.ts';
import { Prover, type ProverOptions } from './proof/prover.ts';
import { deliver } from './spool/delivery.ts';
import { Spool } from './spool/spool.ts';

export interface GatewayOptions extends Omit<ThreadSettings, 'reusePort'> {
  /** Its own folder: enrolment, last good state, spool. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: (
    level: 'info' | 'warn' | 'error',
    event: string,
    facts?: Record<string, string | number | boolean | null>,
  ) => void;
  /** How many threads share the ports; all cores by default, one where ports cannot be shared. */
  readonly threads?: number;
  /** When it proves itself, and by which sites; as shipped when left out. */
  readonly proof?: Pick<ProverOptions, 'times' | 'sites'>;
}

export interface Gateway {
  readonly dns: Endpoint;
  readonly proxy: Endpoint;
  readonly block: Endpoint;
  status(): GatewayStatus;
  stop(): Promise<void>;
}

const ENROLMENT = 'enrolment.json';
const CAN_SHARE_PORTS = process.platform === 'linux';
const STATUS_EVERY = 10_000;

/** Write what a gateway needs to find and trust its control. Renamed into place, so it is never read half. */
export function writeEnrolment(folder: string, enrolment: Enrolment): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, ENROLMENT);
  writeFileSync(`${path}.new`, JSON.stringify(enrolment), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/**
 * A gateway: threads that answer DNS and proxy requests, and this, their keeper, which follows control, keeps the last
 * good state on disk and brings activity to control. It listens, and denies, from its first moment (FIL-20).
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { folder, log, clock } = options;
  const spool = new Spool(join(folder, 'spool'), clock);
  const startedAt = clock.now();
  let control: ControlClient | null = null;
  let feed: Feed | null = null;
  let unreachableSince: number | null = null;
  let away: { from: number; until: number } | null = null;
  let using: { snapshot: number; index: string } | null = null;

  const status = (): GatewayStatus => ({
    snapshot: using?.snapshot ?? null,
    index: using?.index ?? null,
    spooled: spool.waiting,
    spoolFailing: spool.failing !== null,
    awayFrom: away?.from ?? null,
    awayUntil: away?.until ?? null,
    startedAt,
  });
  const sendStatus = () =>
    void control
      ?.status(status())
      .then(({ prove }) => prover.wanted(prove))
      .catch(() => undefined);

  let said: string | null = null;
  /** A disk that refuses is said once, at once and to control too; not with every line. */
  const noteSpool = () => {
    if (spool.failing === said) return;
    said = spool.failing;
    if (said) log('error', 'spool.failing', { code: said });
    else log('info', 'spool.works-again', { lost: spool.lost });
    sendStatus();
  };
  noteSpool();

  const delivery = deliver(
    spool,
    () => control,
    (reason) => log('warn', 'spool.waiting', { reason, waiting: spool.waiting }),
  );
  const threads = await startThreads(options, (message) => {
    if (message.kind === 'log') log('warn', message.event, message.facts);
    if (message.kind !== 'events') return;
    spool.append(message.lines);
    noteSpool();
    delivery.wake();
  });

  const prover = new Prover({
    folder: join(folder, 'proof'),
    clock,
    listening: threads.listening,
    proxyTls: options.proxyTls !== null,
    control: () => control,
    log,
    ...options.proof,
  });

  const begin = (enrolment: Enrolment) => {
    const client = new ControlClient(enrolment);
    control = client;
    threads.tell({ kind: 'enrolled', enrolment });
    feed = new Feed(join(folder, 'state'), enrolment.publicKey, client, {
      ready: ({ snapshot, presence, index }) => {
        using = { snapshot: snapshot.number, index: index.version };
        const proofKey = newProofKey();
        threads.tell({ kind: 'parts', snapshot, presence, index: index.shared, proofKey });
        prover.use(snapshot, index.version, proofKey);
        log('info', 'snapshot.used', { number: snapshot.number });
        sendStatus();
      },
      presence: (presence) => threads.tell({ kind: 'presence', presence }),
      refused: (what, reason) => log('error', 'state.refused', { what, reason }),
      unkept: (what, reason) => log('error', 'state.unkept', { what, reason }),
      reachable: (yes) => {
        if (yes && unreachableSince !== null) {
          if (clock.now() - unreachableSince > MINUTE) away = { from: unreachableSince, until: clock.now() };
          log('info', 'control.reachable');
          unreachableSince = null;
          sendStatus();
        } else if (!yes && unreachableSince === null) {
          unreachableSince = clock.now();
          log('warn', 'control.unreachable', { filtering: using !== null });
        }
      },
    });
    const following = feed;
    void following.restore().then(() => following.run());
  };

  const statusTimer = setInterval(sendStatus, STATUS_EVERY);

  const enrolmentTimer = setInterval(() => {
    const enrolment = control ? null : readEnrolment(folder);
    if (enrolment) begin(enrolment);
  }, 300);
  const first = readEnrolment(folder);
  if (first) begin(first);
  else log('info', 'gateway.not-enrolled');

  return {
    ...threads.listening,
    status,
    async stop() {
      clearInterval(statusTimer);
      clearInterval(enrolmentTimer);
      feed?.stop();
      await prover.stop();
      await threads.stop();
      await delivery.stop(2_000);
    },
  };
}

function readEnrolment(folder: string): Enrolment | null {
  const path = join(folder, ENROLMENT);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Enrolment) : null;
}

interface Threads {
  readonly listening: { readonly dns: Endpoint; readonly proxy: Endpoint; readonly block: Endpoint };
  tell(message: ToThread): void;
  stop(): Promise<void>;
}

async function startThreads(options: GatewayOptions, heard: (message: FromThread) => void): Promise<Threads> {
  const count = options.threads ?? (CAN_SHARE_PORTS ? availableParallelism() : 1);
  let { dns, proxy, block } = options;
  // Threads share ports, and so would another Gatehouse: ask once for the port alone, so that a taken one is noticed.
  await requireFreeUdp('GATEHOUSE_DNS', dns);
  await requireFreeTcp('GATEHOUSE_DNS', dns);
  await requireFreeTcp('GATEHOUSE_PROXY', proxy);
  await requireFreeTcp('GATEHOUSE_BLOCK', block);
  const workers: Worker[] = [];
  let last: Extract<ToThread, { kind: 'parts' }> | null = null;
  let enrolled: ToThread | null = null;
  let stopping = false;

  const tellOthers = (worker: Worker, message: ToThread) => {
    for (const other of workers) if (other !== worker) other.postMessage(message);
  };

  const start = async (): Promise<void> => {
    const settings: ThreadSettings = {
      dns,
      proxy,
      block,
      upstreamDns: options.upstreamDns,
      proxyTls: options.proxyTls,
      reusePort: count > 1,
      pagesUrl: options.pagesUrl,
    };
    const worker = new Worker(new URL('./thread.ts', import.meta.url), {
      workerData: settings,
      resourceLimits: THREAD_LIMITS,
    });
    const ports = await new Promise<{ dns: number; proxy: number; block: number }>((resolve, reject) => {
      worker.once('error', reject);
      worker.on('message', (m: FromThread) => {
        if (m.kind === 'listening') resolve(m.ports);
        else if (m.kind === 'moved') tellOthers(worker, m);
        else heard(m);
      });
    });
    dns = { ...dns, port: ports.dns };
    proxy = { ...proxy, port: ports.proxy };
    block = { ...block, port: ports.block };
    workers.push(worker);
    if (enrolled) worker.postMessage(enrolled);
    if (last) worker.postMessage(last);
    // A thread that falls is started again; the others go on meanwhile.
    worker.on('error', (e) => options.log('error', 'thread.fell', { fault: e instanceof Error ? e.name : 'unknown' }));
    worker.once('exit', () => {
      workers.splice(workers.indexOf(worker), 1);
      if (!stopping) void start();
    });
  };
  // One after another: with port 0 the first finds the ports that the others share.
  for (let i = 0; i < count; i++) await start();

  return {
    listening: { dns, proxy, block },
    tell(message) {
      if (message.kind === 'parts') last = message;
      if (message.kind === 'presence' && last) last = { ...last, presence: message.presence };
      if (message.kind === 'enrolled') enrolled = message;
      for (const w of workers) w.postMessage(message);
    },
    async stop() {
      stopping = true;
      await Promise.all(
        workers.map(
          (w) =>
            new Promise<void>((resolve) => {
              const patience = setTimeout(() => void w.terminate(), 3_000);
              w.once('exit', () => {
                clearTimeout(patience);
                resolve();
              });
              w.postMessage({ kind: 'stop' } satisfies ToThread);
            }),
        ),
      );
    },
  };
}
