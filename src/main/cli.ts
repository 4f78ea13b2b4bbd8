import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Config, dataPaths, readConfig } from '#platform/config.ts';
import type { Deps } from '#platform/deps.ts';
import { verifyLedger } from '#platform/ledger.ts';
import { schools } from '#platform/school.ts';
import { verifyActivity } from '#rooms/monitoring/index.ts';
import { depsFor, openStore, runningDatabase } from './installation.ts';
import { lockData } from './lock.ts';
import { fail } from './process.ts';
import { setupFromFile } from './setup.ts';

const USAGE = `Usage: npm run gatehouse -- <command>

  setup --file school.json   set up a school from a file (docs/school.example.json shows one)
  ledger verify              check the ledger, its seals and the stored activity
  check ADDRESS ...          what the filter answers, and why, for many addresses at once
    --policy ID|FILE           secondary-school, tuition-centre, or a policy file
    --profile ID               a profile of that policy, or year-8 for a pupil of that year
    --lists FOLDER             a folder of list sources; our own lists are always among them
    --file hosts.txt           addresses, one on each line
    --json                     a line of JSON for each

Both work whether Gatehouse is running or not, on the data folder in GATEHOUSE_DATA (or --data).`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: { file: { type: 'string' }, data: { type: 'string' }, help: { type: 'boolean' } },
});

try {
  const command = positionals.join(' ');
  if (values.help || command === '') {
    console.log(USAGE);
  } else {
    const env = typeof values.data === 'string' ? { ...process.env, GATEHOUSE_DATA: values.data } : process.env;
    const config = readConfig(env, process.cwd());
    if (command === 'ledger verify') process.exitCode = await withStore(config, ledgerVerify);
    else if (command === 'setup' && typeof values.file === 'string')
      await withStore(config, (deps) => setupFromFile(deps, String(values.file)));
    else {
      console.error(USAGE);
      process.exitCode = 2;
    }
  }
} catch (e) {
  fail(e);
}

/** Work with the database of the running Gatehouse, or start it for the while. */
async function withStore<T>(config: Config, work: (deps: Deps) => Promise<T>): Promise<T> {
  const running = runningDatabase(config);
  const deps = running ? await depsFor(config, running, 'cli').catch(() => null) : null;
  if (deps) {
    try {
      return await work(deps);
    } finally {
      await deps.db.close();
    }
  }
  const unlock = lockData(config.data);
  const store = await openStore(config);
  try {
    const own = await depsFor(config, store.ownerUrl, 'cli');
    try {
      return await work(own);
    } finally {
      await own.db.close();
    }
  } finally {
    await store.stop();
    unlock();
  }
}

/** Prints what was checked; the exit code is 1 when anything is not as it was written. */
async function ledgerVerify(deps: Deps): Promise<number> {
  const file = join(dataPaths(deps.config.data).seals, 'seals.txt');
  const outside = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const v = await verifyLedger(deps.db, outside);
  const faults = [...v.faults];
  console.log(
    `Ledger: ${v.entries} entries in ${v.seals} seals; ${v.unsealed} newer ones wait for their seal; ${outside.filter(Boolean).length} seals compared with the copy outside the database.`,
  );
  for (const school of await schools(deps.db)) {
    const a = await verifyActivity(deps.db, school.id);
    console.log(
      `Activity of ${school.name}: ${a.batches} batches, ${a.lines} lines checked; ${a.deleted} batches deleted by retention.`,
    );
    faults.push(...a.faults);
  }
  for (const fault of faults) console.error(`FAULT: ${fault}`);
  console.log(faults.length === 0 ? 'Everything is as it was written.' : `${faults.length} faults found.`);
  return faults.length === 0 ? 0 : 1;
}
