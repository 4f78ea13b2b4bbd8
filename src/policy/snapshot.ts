import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import type { LiveChange } from './changes.ts';
import type { CompiledPolicy, YouTubeLevel } from './types.ts';

/**
 * What control hands to gateways: everything needed to answer without asking. Signed with Ed25519, so a
 * gateway obeys only its own control, and numbered, so it never goes back to an older one.
 */
export interface Snapshot {
  readonly format: 1;
  readonly school: { readonly id: string; readonly name: string };
  /** Rises with every change; a gateway refuses a lower one. */
  readonly number: number;
  /** Epoch milliseconds. */
  readonly issuedAt: number;
  /** Where people reach Gatehouse's pages, without a slash at the end. */
  readonly pagesUrl: string;
  readonly policy: CompiledPolicy;
  /** SHA-256 (hex) of the category index that belongs to it; null until lists are compiled. */
  readonly index: string | null;
  /** People the gateway may meet: id → profile. */
  readonly people: Readonly<Record<string, { readonly profile: string }>>;
  /** Registered addresses and subnets, most specific first. */
  readonly addresses: readonly {
    readonly cidr: string;
    readonly profile: string;
    readonly person: string | null;
    readonly device: string | null;
  }[];
  readonly settings: GatewaySettings;
  /** Openings, closings and lesson lists that hold now or will (FCR-03, FCR-08); an older control sends none. */
  readonly changes?: readonly LiveChange[];
}

export interface GatewaySettings {
  /** What a blocked name answers. */
  readonly dnsBlock: 'page' | 'nxdomain';
  /** Private or link-local targets the proxy may reach, as CIDR. */
  readonly allowedPrivate: readonly string[];
  /** `ask`: an unknown client is asked to sign in to the proxy (407). `accept`: credentials are used when sent. */
  readonly proxySignIn: 'ask' | 'accept';
  /** By profile; who is not here (an older snapshot, a profile nobody foresaw) has the strictest. */
  readonly safety?: Readonly<Record<string, ProfileSafety>>;
}

/** What a gateway sees to on sites that are open. */
export interface ProfileSafety {
  /** Large search engines show safe results only. */
  readonly safeSearch: boolean;
  /** YouTube's restricted mode. */
  readonly youtube: YouTubeLevel;
  /** How much each may move; without it, as much as they like. */
  readonly fairUse?: FairUse;
  /** Groups of `lists/file-types.json` that may not be fetched → the clause that says so, null for the safety floor. */
  readonly refusedFiles: Readonly<Record<string, string | null>>;
}

/** UAR-17: what one person, or one unsigned device, may move through the proxy, in both directions together. */
export interface FairUse {
  readonly bytesAnHour: number;
  /** How fast it goes on beyond that, over all connections of theirs. */
  readonly bytesASecond: number;
  readonly clause: string | null;
}

/** Groups of files that a policy can refuse. */
export const FILE_GROUPS = ['executables', 'scripts', 'disk-images', 'macros'] as const;

const STRICTEST: ProfileSafety = {
  safeSearch: true,
  youtube: 'strict',
  refusedFiles: Object.fromEntries(FILE_GROUPS.map((group) => [group, null])),
};

/** What holds for a profile. */
export const safetyOf = ({ safety }: Pick<GatewaySettings, 'safety'>, profile: string): ProfileSafety =>
  safety !== undefined && Object.hasOwn(safety, profile) ? (safety[profile] ?? STRICTEST) : STRICTEST;

/** Signed-in sessions bound to a client's address. Small and often renewed, so it travels apart from the snapshot. */
export interface Presence {
  readonly format: 1;
  readonly number: number;
  readonly issuedAt: number;
  /** Address → who is signed in there and until when (epoch ms). */
  readonly sessions: Readonly<Record<string, { readonly person: string; readonly until: number }>>;
}

export interface SigningKeys {
  /** PKCS #8 PEM, stays in control. */
  readonly privateKey: string;
  /** SPKI PEM, given to each gateway when it is enrolled. */
  readonly publicKey: string;
}

export function newSigningKeys(): SigningKeys {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  };
}

/** `signature (base64) \n JSON`: the bytes signed are the bytes sent. */
export function seal(part: Snapshot | Presence, privateKey: string): string {
  const body = JSON.stringify(part);
  return `${sign(null, Buffer.from(body), createPrivateKey(privateKey)).toString('base64')}\n${body}`;
}

export type Opened<T> = { readonly ok: true; readonly part: T } | { readonly ok: false; readonly reason: string };

/** Verify, then parse. Never throws: what cannot be verified is refused with a reason. */
export function open<T extends Snapshot | Presence>(sealed: string, publicKey: string): Opened<T> {
  const cut = sealed.indexOf('\n');
  if (cut < 0) return { ok: false, reason: 'no signature line' };
  const body = Buffer.from(sealed.slice(cut + 1));
  try {
    if (!verify(null, body, createPublicKey(publicKey), Buffer.from(sealed.slice(0, cut), 'base64'))) {
      return { ok: false, reason: 'the signature does not match' };
    }
    const part = JSON.parse(body.toString('utf8')) as T;
    if (part.format !== 1) return { ok: false, reason: `format ${String(part.format)} is not known to this version` };
    return { ok: true, part };
  } catch (e) {
    return { ok: false, reason: e instanceof Error ? e.message : 'cannot be read' };
  }
}
