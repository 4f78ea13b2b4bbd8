import { createWriteStream, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { notFound, Refusal } from '#core/errors.ts';
import { isUuid } from '#core/ids.ts';
import { dataPaths, readConfig } from '#platform/config.ts';
import type { Deps } from '#platform/deps.ts';
import { verifyLedger } from '#platform/ledger.ts';
import { schools } from '#platform/school.ts';
import { handOver, rotate } from '#rooms/incidents/evidence/index.ts';
import { verifyActivity } from '#rooms/monitoring/index.ts';
import { depsFor, openStore, runningDatabase } from './installation.ts';
import { lockData } from './lock.ts';

export { setupFromFile } from './setup.ts';

/** Work with the database of the running Gatehouse, or start it for the while. */
export async function withStore<T>(data: unknown, work: (deps: Deps) => Promise<T>): Promise<T> {
  const env = typeof data === 'string' ? { ...process.env, GATEHOUSE_DATA: data } : process.env;
  const config = readConfig(env, process.cwd());
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
export async function ledgerVerify(deps: Deps): Promise<number> {
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

/** A fresh key for the evidence vault, with how far it is. */
export async function evidenceRotate(deps: Deps): Promise<void> {
  const { rewrapped, dropped, leftOver } = await rotate(deps, (done) => console.log(`${done} keys wrapped anew …`));
  console.log(`Done: ${rewrapped} keys of files are wrapped by the new key.`);
  if (dropped.length > 0) {
    console.log('The old key is destroyed. Replace your backup of evidence/keys.json now: it holds the old one still.');
  }
  if (leftOver.length > 0) console.log('Take GATEHOUSE_EVIDENCE_KEY_BEFORE out of the settings and destroy that key.');
}

/** Sealed evidence for the police, by an order that two people agreed to (EVI-07). */
export async function evidenceHandOver(deps: Deps, order: string, file: string): Promise<void> {
  if (!isUuid(order)) throw notFound('this order');
  for (const { id } of await schools(deps.db)) {
    const archive = await handOver(deps, id, order).catch((e) => {
      if (e instanceof Refusal && e.kind === 'not-found') return null;
      throw e;
    });
    if (!archive) continue;
    await pipeline(Readable.from(archive), createWriteStream(file, { flags: 'wx', mode: 0o600 }));
    console.log(`Written to ${file}. It goes to the police and to nobody else; its index.html says how it is checked.`);
    return;
  }
  throw notFound('this order');
}
