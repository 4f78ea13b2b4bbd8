import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { formatEndpoint } from '#core/endpoint.ts';
import { requireFreeTcp, requireFreeUdp } from '#core/ports.ts';
import { writeEnrolment } from '#gateway/gateway.ts';
import { type Config, controlUrl, dataPaths, readConfig, settingsHelp } from '#platform/config.ts';
import { systemContext } from '#platform/db.ts';
import { schools } from '#platform/school.ts';
import { enrolGateway } from '#rooms/filtering/index.ts';
import { demoEscrow, type SignIn, seedDemo } from '#rooms/governance/index.ts';
import { depsFor, newSetupToken, openStore, type Store } from './installation.ts';
import { lockData } from './lock.ts';
import { runProcess } from './process.ts';
import { keepPostgres, keepRunning } from './supervise.ts';

const demo = process.argv.includes('--demo');

/** Passwords of the feeds of illegal content. */
const PASSWORDS = /^GATEHOUSE_(IWF|CTIRU)_(USER|PASSWORD|TOKEN)$/;

if (process.argv.includes('--help')) {
  console.log(`Gatehouse: npm start            runs a school's filter, monitoring and pages
           npm run demo         the same with a plainly fictional school
           npm run setup -- --file school.json
           npm run gatehouse -- ledger verify

${settingsHelp()}`);
  process.exit(0);
}
const unknown = process.argv.slice(2).find((a) => a !== '--demo');
if (unknown) {
  console.error(`Gatehouse: "${unknown}" is not an option. "npm start -- --help" lists the settings.`);
  process.exit(2);
}

await runProcess(
  () => console as never,
  async () => {
    const first = readConfig(process.env, process.cwd(), demo ? './data-demo' : './data');
    const settings = demo ? { GATEHOUSE_EVIDENCE_ESCROW: demoEscrow(first.data), ...process.env } : process.env;
    const config = readConfig({ ...settings, GATEHOUSE_DATA: first.data }, process.cwd());
    // What is up is taken down again in the opposite order, when asked to stop and when a later part cannot start.
    await using up = new AsyncDisposableStack();
    const unlock = lockData(config.data);
    process.on('exit', unlock);
    up.defer(unlock);
    await requireFreeTcp('GATEHOUSE_HTTP', config.http);
    await requireFreeUdp('GATEHOUSE_DNS', config.dns);
    await requireFreeTcp('GATEHOUSE_DNS', config.dns);
    await requireFreeTcp('GATEHOUSE_PROXY', config.proxy);
    await requireFreeTcp('GATEHOUSE_BLOCK', config.block);

    const store = await openStore(config);
    const database = keepPostgres(config, store);
    up.defer(() => database.stop());
    const signIns = demo ? await prepareDemo(config, store) : null;
    const setupToken = await newSetupToken(store.ownerUrl);
    if (!setupToken) await enrolOwnGateway(config, store);

    const environment: NodeJS.ProcessEnv = {
      ...settings,
      GATEHOUSE_DATA: config.data,
      GATEHOUSE_PAGES_URL: config.pagesUrl,
      DATABASE_URL: store.ownerUrl,
    };
    // Each is told what it needs and no more: only the worker fetches lists, and a gateway never talks SQL.
    for (const [name, secret] of [
      ['control', PASSWORDS],
      ['worker', /^$/],
      ['gateway', /^DATABASE_URL$|^GATEHOUSE_(IWF|CTIRU|EVIDENCE)_/],
    ] as const) {
      const told = Object.entries(environment).filter(([key]) => !secret.test(key));
      const child = await keepRunning(name, Object.fromEntries(told));
      up.defer(() => child.stop());
    }
    announce(config, setupToken, signIns);
    const running = up.move();
    return { stop: () => running.disposeAsync() };
  },
);

/** After a restore the folder of this machine's own gateway may be missing: enrol it anew. */
async function enrolOwnGateway(config: Config, store: Store): Promise<void> {
  const folder = dataPaths(config.data).gateway;
  if (existsSync(join(folder, 'enrolment.json'))) return;
  const deps = await depsFor(config, store.ownerUrl, 'start');
  try {
    const [school] = await schools(deps.db);
    if (!school) return;
    const enrolment = await deps.db.in(systemContext(school.id), async (tx) => ({
      token: await enrolGateway(tx, deps, systemContext(school.id), `own-${Date.now().toString(36)}`),
      publicKey: (await tx.selectFrom('installation').select('signing_public').executeTakeFirstOrThrow())
        .signing_public,
    }));
    writeEnrolment(folder, { control: controlUrl(config), ...enrolment });
  } finally {
    await deps.db.close();
  }
}

async function prepareDemo(config: Config, store: Store): Promise<SignIn[]> {
  const deps = await depsFor(config, store.ownerUrl, 'demo');
  try {
    return await seedDemo(deps, (enrolled) =>
      writeEnrolment(dataPaths(config.data).gateway, { control: controlUrl(config), ...enrolled }),
    );
  } finally {
    await deps.db.close();
  }
}

function announce(config: Config, setupToken: string | null, signIns: SignIn[] | null): void {
  const lines = [
    'Gatehouse is running.',
    '',
    `  Pages   ${config.pagesUrl}`,
    `  DNS     ${formatEndpoint(config.dns)} (UDP and TCP)`,
    `  Proxy   ${formatEndpoint(config.proxy)}   settings file http://${formatEndpoint(config.proxy)}/proxy.pac`,
  ];
  if (setupToken) lines.push('', 'Set it up here; the link works once:', `  ${config.pagesUrl}/setup/${setupToken}`);
  if (signIns) {
    const width = Math.max(...signIns.map((s) => s.role.length));
    const name = Math.max(...signIns.map((s) => s.username.length));
    lines.push(
      '',
      'A fictional school. Sign in as:',
      '',
      ...signIns.map((s) => `  ${s.role.padEnd(width)}  ${s.username.padEnd(name)}  ${s.password}`),
    );
  }
  console.log(`${lines.join('\n')}\n`);
}
