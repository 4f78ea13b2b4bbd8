import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildIndex, loadMapping, loadTaxonomy, type Source } from '#filter/index.ts';
import type { ActivityEvent } from '#policy/feed.ts';
import { bareSchool, compilePolicy, newSigningKeys, type Snapshot, seal, shippedPolicy } from '#policy/index.ts';
import type { ProofMessage, ProofReport } from '#policy/proof.ts';

const STARTER = fileURLToPath(new URL('../../../lists/starter', import.meta.url));

/** A control for one gateway under test: seals real snapshots over the starter lists and keeps what the gateway says. */
export class ProofControl {
  readonly keys = newSigningKeys();
  readonly messages: ProofMessage[] = [];
  readonly events: ActivityEvent[] = [];
  readonly requests: string[] = [];
  prove: string | null = null;
  snapshot: Snapshot | null = null;
  #indexFile = '';
  readonly #folder: string;
  readonly #server: Server;

  constructor(folder: string) {
    this.#folder = folder;
    this.#server = createServer((q, a) => {
      const url = new URL(q.url ?? '/', 'http://x');
      const parts: Buffer[] = [];
      q.on('data', (d) => parts.push(d));
      q.on('end', () => {
        const body = Buffer.concat(parts).toString();
        this.requests.push(url.pathname);
        if (url.pathname === '/gateway/feed') {
          if (!this.snapshot || this.snapshot.number <= Number(url.searchParams.get('snapshot')))
            return setTimeout(() => a.writeHead(204).end(), 50);
          return a.end(JSON.stringify({ snapshot: seal(this.snapshot, this.keys.privateKey) }));
        }
        if (url.pathname.startsWith('/gateway/index/')) return a.end(readFileSync(this.#indexFile));
        if (url.pathname === '/gateway/status') return a.end(JSON.stringify({ prove: this.prove }));
        if (url.pathname === '/gateway/proof') this.messages.push(JSON.parse(body) as ProofMessage);
        if (url.pathname === '/gateway/activity')
          for (const line of body.split('\n')) if (line) this.events.push(JSON.parse(line) as ActivityEvent);
        return a.end('{}');
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((r) => this.#server.listen(0, '127.0.0.1', r));
  }
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((r) => this.#server.close(() => r()));
  }

  get reports(): ProofReport[] {
    return this.messages.flatMap((m) => (m.kind === 'ended' ? [m.report] : []));
  }

  /** A new snapshot: the shipped policy over our own lists, and `more` lists as another would supply them. */
  async publish(more: Readonly<Record<string, string>> = {}, change: Partial<Snapshot> = {}): Promise<void> {
    const number = (this.snapshot?.number ?? 0) + 1;
    const taxonomy = loadTaxonomy();
    const folder = join(this.#folder, `lists-${number}`);
    for (const [category, names] of Object.entries(more)) {
      mkdirSync(join(folder, category), { recursive: true });
      writeFileSync(join(folder, category, 'domains'), names);
    }
    const sources: Source[] = [{ name: 'starter', kind: 'folder', path: STARTER, own: true }];
    if (Object.keys(more).length > 0) sources.push({ name: 'more', kind: 'folder', path: folder, own: true });
    this.#indexFile = join(this.#folder, `${number}.idx`);
    const { version } = await buildIndex(sources, taxonomy, loadMapping(taxonomy), this.#indexFile);
    this.snapshot = {
      format: 1,
      school: { id: 's', name: 'Ashgrove' },
      number,
      issuedAt: Date.now(),
      pagesUrl: 'http://127.0.0.1:9',
      policy: compilePolicy(shippedPolicy('secondary-school'), taxonomy.categories, bareSchool('Europe/London')),
      index: version,
      people: {},
      addresses: [],
      settings: { dnsBlock: 'page', allowedPrivate: [], proxySignIn: 'accept' },
      ...change,
    };
  }
}
