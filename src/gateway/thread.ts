import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '#core/clock.ts';
import { openIndex } from '#filter/index.ts';
import { safetyOf } from '#policy/snapshot.ts';
import { contextOf } from './block-page/index.ts';
import { startDns } from './dns/index.ts';
import { FairUseKeeper } from './fair-use.ts';
import { ControlClient } from './feed/control-client.ts';
import type { FromThread, ThreadSettings, ToThread } from './messages.ts';
import { ProofDoor } from './proof/door.ts';
import { startBlockPage, startProxy } from './proxy/index.ts';
import { BatchingRecorder } from './recorder.ts';
import { createResolve } from './resolve.ts';
import { GatewayState } from './state.ts';

/** One gateway thread: DNS, proxy and block page over one state. Threads share their ports and nothing else. */

/** Decisions wait this long, at most, before they go to disk (milliseconds). */
const FLUSH_EVERY = 100;
/** More than this at once come only in a flood of questions, where counting like ones for longer is what saves the most. */
const FLOOD = { events: 1000, longest: 10 } as const;

const settings = workerData as ThreadSettings;
const clock = systemClock;
const state = new GatewayState(clock);
const proofs = new ProofDoor(state);
let control: ControlClient | null = null;

const say = (message: FromThread) => parentPort?.postMessage(message);
const log = (event: string, facts: Record<string, string | number | boolean | null> = {}) =>
  say({ kind: 'log', event, facts });

const recorder = new BatchingRecorder(clock, () => ({
  snapshot: state.snapshot?.number ?? 0,
  list: state.index?.version ?? null,
}));
let waited = 0;
const flush = () => {
  if (recorder.size > FLOOD.events && ++waited < FLOOD.longest) return;
  waited = 0;
  writeOut();
};
const writeOut = () => {
  const events = recorder.take();
  if (events.length > 0) say({ kind: 'events', lines: events.map((e) => JSON.stringify(e)) });
};
const flushing = setInterval(flush, FLUSH_EVERY);

const fairUse = new FairUseKeeper(clock, () => state.snapshot?.settings ?? {}, recorder);
/** Threads count together what each client moves, to within this (milliseconds). */
const SHARE_EVERY = 500;
const sharing = setInterval(() => {
  const moved = fairUse.take();
  if (moved.length > 0) say({ kind: 'moved', moved });
}, SHARE_EVERY);

const page = () => contextOf(state.snapshot, settings.pagesUrl);
const { block } = settings;

const dns = await startDns({
  listen: settings.dns,
  upstreams: settings.upstreamDns,
  judge: state,
  recorder,
  proofs,
  blockPage: {
    ipv4: block.address.includes(':') ? null : block.address,
    ipv6: block.address.includes(':') ? block.address : null,
  },
  blockMode: () => state.snapshot?.settings.dnsBlock ?? 'nxdomain',
  safeModes: (profile) => safetyOf(state.snapshot?.settings ?? {}, profile),
  clock,
  reusePort: settings.reusePort,
  log: ({ event, ...facts }) => log(event, facts),
});
const proxy = await startProxy({
  listen: settings.proxy,
  ...(settings.proxyTls && { tls: settings.proxyTls }),
  judge: state,
  recorder,
  proofs,
  fairUse,
  verify: async (username, password, address) => {
    if (!control) throw new Error('not enrolled');
    return control.verify({ username, password, address });
  },
  resolve: createResolve(settings.upstreamDns, clock),
  settings: () => state.snapshot?.settings ?? { allowedPrivate: [], proxySignIn: 'accept' },
  page,
  clock,
  reusePort: settings.reusePort,
  log,
});
const blockPage = await startBlockPage({
  listen: block,
  judge: state,
  page,
  proxyPort: proxy.port,
  reusePort: settings.reusePort,
});

parentPort?.on('message', (message: ToThread) => {
  if (message.kind === 'parts') {
    state.use(message.snapshot, openIndex(message.index));
    proofs.use(message.proofKey);
    if (message.presence) state.usePresence(message.presence);
  } else if (message.kind === 'presence') state.usePresence(message.presence);
  else if (message.kind === 'moved') fairUse.add(message.moved);
  else if (message.kind === 'enrolled') control = new ControlClient(message.enrolment);
  else void stop();
});
say({ kind: 'listening', ports: { dns: dns.port, proxy: proxy.port, block: blockPage.port } });

async function stop(): Promise<void> {
  await Promise.all([dns.close(), proxy.close(), blockPage.close()]);
  clearInterval(flushing);
  clearInterval(sharing);
  writeOut();
  parentPort?.close();
}
