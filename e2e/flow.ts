import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import * as dnsPacket from 'dns-packet';

/** Questions to the gateway's DNS, each about a name that nobody asked for before, and what became of them. */
export interface Flow {
  /** Name → when its answer was here (epoch ms), for answers that let it through. */
  readonly opened: ReadonlyMap<string, number>;
  /** The same for answers that refused it. */
  readonly refused: ReadonlyMap<string, number>;
  /** Names that no answer came for. */
  readonly unanswered: readonly string[];
  /** Ask no more; resolves when every question has its answer or will have none. */
  stop(): Promise<void>;
}

/** As long as a stub resolver waits (resolv.conf(5)). */
const PATIENCE = 5_000;
const flows: Flow[] = [];

/** Whatever a failed test left asking. */
export const stopAll = () => Promise.all(flows.splice(0).map((f) => f.stop()));

/** Ask `perSecond` questions a second until stopped; `from` is the address they come from. */
export function askSteadily(to: { port: number; address: string }, perSecond = 50, from = '127.0.0.1'): Flow {
  const socket = createSocket('udp4').bind(0, from);
  const tag = `${flows.length.toString(36)}-${Date.now().toString(36)}`;
  const opened = new Map<string, number>();
  const refused = new Map<string, number>();
  const unanswered: string[] = [];
  const waiting = new Map<string, (answered: boolean) => void>();
  const questions: Promise<void>[] = [];
  let asking = true;

  socket.on('message', (message) => {
    const answer = dnsPacket.decode(message);
    const name = answer.questions?.[0]?.name ?? '';
    (answer.answers?.length ? opened : refused).set(name, Date.now());
    waiting.get(name)?.(true);
  });
  const ask = (n: number) =>
    new Promise<void>((done) => {
      const name = `n${n}.${tag}.example`;
      const given = setTimeout(() => waiting.get(name)?.(false), PATIENCE);
      waiting.set(name, (answered) => {
        clearTimeout(given);
        waiting.delete(name);
        if (!answered) unanswered.push(name);
        done();
      });
      const question = dnsPacket.encode({
        type: 'query',
        id: n % 65_536,
        flags: dnsPacket.RECURSION_DESIRED,
        questions: [{ type: 'A', name }],
      });
      socket.send(question, to.port, to.address);
    });
  const loop = (async () => {
    // By the clock and not by the pause: a busy machine then asks in bursts, and not less.
    const from = Date.now();
    for (let n = 0; asking; await sleep(10)) {
      for (; n < ((Date.now() - from) * perSecond) / 1000; n++) questions.push(ask(n));
    }
  })();
  let stopped: Promise<void> | undefined;
  const flow: Flow = {
    opened,
    refused,
    unanswered,
    stop: () => {
      asking = false;
      stopped ??= loop.then(() => Promise.all(questions)).then(() => void socket.close());
      return stopped;
    },
  };
  flows.push(flow);
  return flow;
}
