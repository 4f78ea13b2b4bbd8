import { parseArgs } from 'node:util';
import { fail } from './process.ts';

const USAGE = `Usage: npm run gatehouse -- <command>

  setup --file school.json   set up a school from a file (docs/school.example.json shows one)
  ledger verify              check the ledger, its seals and the stored activity
  evidence rotate            give the evidence vault a fresh key and wrap every file's key by it
  evidence hand-over ORDER   write out sealed evidence that the police asked for, to --file FILE.tar
  check ADDRESS ...          what the filter answers, and why, for many addresses at once
    --policy ID|FILE           secondary-school, tuition-centre, or a policy file
    --profile ID               a profile of that policy, or year-8 for a pupil of that year
    --lists FOLDER             a folder of list sources; our own lists are always among them
    --file hosts.txt           addresses, one on each line
    --at 2026-11-24T12:30      as it would be at that time; now when left out
    --json                     a line of JSON for each
  proof                      how the sets of docs/proof-sets.md and the grave test names fare, for every profile
    --policy, --lists, --json  as above
  policy lint FILE           contradictions, gaps and open questions of a policy file
    --json                     as JSON, for other programs
    --today 2026-09-01         as it stands on that day

All of these but check, proof and policy lint work whether Gatehouse is running or not, on the data folder in GATEHOUSE_DATA (or --data).
check, proof and policy lint need no data folder; proof ends with 3 when something is not as it must be. policy lint reads the file and nothing else. It ends with 0 when no contradiction is unsettled, with 3 when one is, and
with 1 when the file is no policy that this program can keep; every fault is then named with its place.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  strict: false,
  options: {
    file: { type: 'string' },
    data: { type: 'string' },
    today: { type: 'string' },
    json: { type: 'boolean' },
    policy: { type: 'string' },
    profile: { type: 'string' },
    lists: { type: 'string' },
    at: { type: 'string' },
    help: { type: 'boolean' },
  },
});

try {
  const command = positionals.slice(0, 2).join(' ');
  const [file, ...more] = positionals.slice(2);
  // What a command needs is loaded with it: a policy file is checked without all that a store brings.
  if (values.help || command === '') {
    console.log(USAGE);
  } else if (command === 'policy lint' && file !== undefined && more.length === 0) {
    const { policyLint } = await import('./policy-lint.ts');
    const today = typeof values.today === 'string' ? values.today : undefined;
    process.exitCode = policyLint(file, { json: values.json === true, today });
  } else if (positionals[0] === 'check') {
    const { checkAndPrint } = await import('./check.ts');
    const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    await checkAndPrint(
      {
        policy: text(values.policy) ?? 'secondary-school',
        profile: text(values.profile) ?? 'year-8',
        lists: text(values.lists),
        file: text(values.file),
        addresses: positionals.slice(1),
        at: text(values.at) ?? Date.now(),
      },
      values.json === true,
    );
  } else if (command === 'proof') {
    const { proofAndPrint } = await import('./proof-offline.ts');
    const policy = typeof values.policy === 'string' ? values.policy : 'secondary-school';
    const lists = typeof values.lists === 'string' ? values.lists : undefined;
    process.exitCode = await proofAndPrint({ policy, lists }, values.json === true);
  } else if (command === 'ledger verify' && file === undefined) {
    const { ledgerVerify, withStore } = await import('./store-commands.ts');
    process.exitCode = await withStore(values.data, ledgerVerify);
  } else if (command === 'evidence rotate' && file === undefined) {
    const { evidenceRotate, withStore } = await import('./store-commands.ts');
    await withStore(values.data, evidenceRotate);
  } else if (command === 'evidence hand-over' && file !== undefined && typeof values.file === 'string') {
    const { evidenceHandOver, withStore } = await import('./store-commands.ts');
    await withStore(values.data, (deps) => evidenceHandOver(deps, file, String(values.file)));
  } else if (command === 'setup' && typeof values.file === 'string') {
    const { setupFromFile, withStore } = await import('./store-commands.ts');
    await withStore(values.data, (deps) => setupFromFile(deps, String(values.file)));
  } else {
    console.error(USAGE);
    process.exitCode = 2;
  }
} catch (e) {
  fail(e);
}
