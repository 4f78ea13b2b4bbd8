import { argon2, randomBytes, randomInt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);

interface Cost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** For words that people choose: OWASP Password Storage Cheat Sheet, Argon2id with 19 MiB and two passes. */
export const CHOSEN: Cost = { memory: 19_456, passes: 2, parallelism: 1 };
/** For first passwords: they are random (55 bits), so guessing them is hopeless at any cost, and a school imports thousands. */
export const RANDOM: Cost = { memory: 1024, passes: 1, parallelism: 1 };

const TAG = 32;
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** Argon2id in the PHC string format, `$argon2id$v=19$m=…,t=…,p=…$salt$tag` (IDA-03). */
export async function hashPassword(password: string, cost: Cost = CHOSEN): Promise<string> {
  const salt = randomBytes(16);
  const tag = await argon2id(password, salt, cost);
  const { memory, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${plain64(salt)}$${plain64(tag)}`;
}

/**
 * Is this the password? With no hash (nobody of that name) or a cheaper one it works as long as with a dear one, so that
 * the time of the answer does not tell which usernames exist.
 */
export async function verifyPassword(password: string, phc: string | null): Promise<boolean> {
  const [, m, t, p, salt, tag] = PHC.exec(phc ?? '') ?? [];
  const cost: Cost = { memory: Number(m), passes: Number(t), parallelism: Number(p) };
  if (!salt || !tag || cost.memory < CHOSEN.memory) await argon2id(password, Buffer.alloc(16), CHOSEN);
  if (!salt || !tag) return false;
  return timingSafeEqual(await argon2id(password, Buffer.from(salt, 'base64'), cost), Buffer.from(tag, 'base64'));
}

const argon2id = (password: string, nonce: Buffer, cost: Cost): Promise<Buffer> =>
  // One form of each letter, however the keyboard makes it (NIST SP 800-63B §3.1.1.2).
  derive('argon2id', { message: password.normalize('NFKC'), nonce, tagLength: TAG, ...cost });

const plain64 = (b: Buffer) => b.toString('base64').replace(/=+$/, '');

/** No vowels, so that chance makes no words; nothing that looks like something else. */
const LETTERS = 'bcdfghjkmnpqrtvwxz';
const DIGITS = '23456789';

/** A first password such as `Kx7m-9rtv-4hwp`: easy to read from a slip of paper, of every class a policy may ask for. */
export function newFirstPassword(): string {
  const pick = (from: string) => from.charAt(randomInt(from.length));
  const four = () => Array.from({ length: 4 }, () => pick(LETTERS + DIGITS)).join('');
  for (;;) {
    const text = `${pick(LETTERS).toUpperCase()}${four().slice(1)}-${four()}-${four()}`;
    if (/\d/.test(text) && /[a-z]/.test(text)) return text;
  }
}
