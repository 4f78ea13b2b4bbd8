import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';
import type koffi from 'koffi';

/** Packets that one call of the kernel's brings or takes. */
const MOST = 64;
/** So many batches in a row, then others have their turn: upstreams' answers, timers, the proxy. */
const ROUNDS = 4;
/** No question is longer, and no answer over UDP is (codec.ts, MAX_UDP). */
const ROOM = 4096;

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_REUSEPORT = 15;
const MSG_DONTWAIT = 0x40;
const AF_INET6 = 10;
/** Room for the longer of the two socket addresses, in whole words. */
const ADDRESS_ROOM = 32;
const IPV6_ADDRESS = 28;
const KNOWN_ADDRESSES = 10_000;

/** A bound UDP socket of which many packets are read, and answered, with one call each. */
export interface BatchSocket {
  /** Wrap it with `dgram` to wait on it, and to close it. */
  readonly fd: number;
  /**
   * Read what waits, a few hundred packets at most, and send at once what `answer` gives for them; what it gives `null` for is not
   * answered here. What the kernel had no room for goes to `unsent`.
   */
  exchange(
    answer: (packet: Buffer, address: string, port: number) => Buffer | null,
    unsent: (answer: Buffer, address: string, port: number) => void,
  ): void;
}

/**
 * Open and bind a socket for batches: `recvmmsg` and `sendmmsg` (Linux), which Node's UDP does not offer, called with
 * koffi. A question costs half as much so as with a call for each packet (docs/decisions/0007). `null` where there is no
 * such thing, or where the address cannot be had: `dgram` serves there, and says why.
 */
export async function openBatchSocket(address: string, port: number, reusePort: boolean): Promise<BatchSocket | null> {
  if (process.platform !== 'linux' || endianness() !== 'LE') return null;
  const found = await findLibrary();
  if (found === null) return null;
  const { k, c } = found;
  const name = socketAddress(address, port);
  const fd = c.socket(name.readUInt16LE(0), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return null;
  const shared = !reusePort || c.setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, Buffer.from([1, 0, 0, 0]), 4) === 0;
  if (!shared || c.bind(fd, name, name.length) !== 0) {
    c.close(fd);
    return null;
  }
  return new LinuxBatchSocket(fd, c, k);
}

interface Library {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(fd: number, level: number, option: number, value: Buffer, length: number): number;
  bind(fd: number, name: Buffer, length: number): number;
  close(fd: number): number;
  recvmmsg(fd: number, messages: bigint, count: number, flags: number, timeout: null): number;
  sendmmsg(fd: number, messages: bigint, count: number, flags: number): number;
}

type Found = { readonly k: typeof koffi; readonly c: Library };
let found: Promise<Found | null> | undefined;

/** koffi and the C library's calls; null where either is missing. */
function findLibrary(): Promise<Found | null> {
  found ??= import('koffi')
    .then(({ default: k }) => {
      const c = k.load(null);
      const calls = {
        socket: c.func('int socket(int, int, int)'),
        setsockopt: c.func('int setsockopt(int, int, int, const void *, uint32_t)'),
        bind: c.func('int bind(int, const void *, uint32_t)'),
        close: c.func('int close(int)'),
        recvmmsg: c.func('int recvmmsg(int, void *, uint32_t, int, void *)'),
        sendmmsg: c.func('int sendmmsg(int, void *, uint32_t, int)'),
      };
      return { k, c: calls as unknown as Library };
    })
    .catch(() => null);
  return found;
}

class LinuxBatchSocket implements BatchSocket {
  readonly fd: number;
  readonly #c: Library;
  readonly #in: Slab;
  readonly #out: Slab;
  /** By the bytes of the address: the same clients come again. */
  readonly #addresses = new Map<number | string, string>();

  constructor(fd: number, c: Library, k: typeof koffi) {
    this.fd = fd;
    this.#c = c;
    this.#in = new Slab(k);
    this.#out = new Slab(k);
  }

  exchange(
    answer: (packet: Buffer, address: string, port: number) => Buffer | null,
    unsent: (answer: Buffer, address: string, port: number) => void,
  ): void {
    for (let round = 0; round < ROUNDS && this.#exchangeOnce(answer, unsent); round++);
  }

  /** Was there anything? */
  #exchangeOnce(...[answer, unsent]: Parameters<BatchSocket['exchange']>): boolean {
    const got = this.#in;
    const give = this.#out;
    got.empty();
    const count = this.#c.recvmmsg(this.fd, got.pointer, MOST, MSG_DONTWAIT, null);
    let answers = 0;
    for (let i = 0; i < count; i++) {
      const port = got.portOf(i);
      if (port === 0) continue; // forged: nobody can be answered there
      const reply = answer(got.packet(i), this.#addressIn(got, i), port);
      if (reply !== null) give.put(answers++, reply, got, i);
    }
    const sent = answers === 0 ? 0 : this.#c.sendmmsg(this.fd, give.pointer, answers, MSG_DONTWAIT);
    for (let i = Math.max(sent, 0); i < answers; i++) {
      unsent(give.packet(i), this.#addressIn(give, i), give.portOf(i));
    }
    return count > 0;
  }

  #addressIn(slab: Slab, i: number): string {
    const key = slab.addressKey(i);
    const known = this.#addresses.get(key);
    if (known !== undefined) return known;
    const ip = ipaddr.fromByteArray([...slab.addressBytes(i)]);
    // As libuv writes it, and takes it back.
    const mapped = ip instanceof ipaddr.IPv6 && ip.isIPv4MappedAddress();
    const address = mapped ? `::ffff:${ip.toIPv4Address()}` : ip.toString();
    if (this.#addresses.size >= KNOWN_ADDRESSES) this.#addresses.clear();
    this.#addresses.set(key, address);
    return address;
  }
}

/**
 * Messages as `recvmmsg` and `sendmmsg` want them: one block, which V8 does not move, with the
 * headers, the addresses and the bytes of all, and pointers between them that are written once.
 */
class Slab {
  readonly pointer: bigint;
  readonly #bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #layout: Layout;

  constructor(k: typeof koffi) {
    const layout = layoutOf(k);
    this.#layout = layout;
    const block = new ArrayBuffer(layout.total);
    this.#bytes = Buffer.from(block);
    this.pointer = k.address(this.#bytes);
    this.#words = new Uint32Array(block);
    const pointers = new BigUint64Array(block);
    const write = (at: number, value: bigint) => {
      pointers[at / 8] = value;
    };
    for (let i = 0; i < MOST; i++) {
      const header = layout.header * i;
      const vector = layout.vectors + layout.vector * i;
      write(header + layout.name, this.pointer + BigInt(layout.addresses + ADDRESS_ROOM * i));
      write(header + layout.iov, this.pointer + BigInt(vector));
      write(header + layout.iovCount, 1n);
      write(vector, this.pointer + BigInt(layout.data + ROOM * i));
      write(vector + layout.vectorLength, BigInt(ROOM));
    }
    this.empty();
  }

  /** Ready for as many new messages as there is room for. */
  empty(): void {
    const { header, nameLength, vectors, vector, vectorLength } = this.#layout;
    for (let i = 0; i < MOST; i++) {
      this.#words[(header * i + nameLength) / 4] = IPV6_ADDRESS;
      this.#words[(vectors + vector * i + vectorLength) / 4] = ROOM;
    }
  }

  /** A copy: whoever answers later still needs it when the next ones lie here. */
  packet(i: number): Buffer {
    const { header, length, data } = this.#layout;
    const at = data + ROOM * i;
    const packet = Buffer.allocUnsafe(this.#words[(header * i + length) / 4]!);
    this.#bytes.copy(packet, 0, at);
    return packet;
  }

  /** Put an answer to the sender of message `from` of another slab at place `i`. */
  put(i: number, reply: Buffer, other: Slab, from: number): void {
    const { header, nameLength, length, addresses, vectors, vector, vectorLength, data } = this.#layout;
    this.#bytes.set(reply, data + ROOM * i);
    this.#words[(vectors + vector * i + vectorLength) / 4] = reply.length;
    this.#words[(header * i + length) / 4] = reply.length;
    this.#words[(header * i + nameLength) / 4] = other.#words[(header * from + nameLength) / 4]!;
    const to = (addresses + ADDRESS_ROOM * i) / 4;
    const at = (addresses + ADDRESS_ROOM * from) / 4;
    for (let w = 0; w < IPV6_ADDRESS / 4; w++) this.#words[to + w] = other.#words[at + w]!;
  }

  portOf(i: number): number {
    const at = this.#layout.addresses + ADDRESS_ROOM * i + 2;
    return (this.#bytes[at]! << 8) | this.#bytes[at + 1]!;
  }

  /** What stands for an address: a number for IPv4, its bytes as text for IPv6. */
  addressKey(i: number): number | string {
    const at = this.#layout.addresses + ADDRESS_ROOM * i;
    return this.#bytes[at] === AF_INET ? this.#words[at / 4 + 1]! : this.#bytes.toString('latin1', at + 8, at + 24);
  }

  addressBytes(i: number): Uint8Array {
    const at = this.#layout.addresses + ADDRESS_ROOM * i;
    return this.#bytes[at] === AF_INET ? this.#bytes.subarray(at + 4, at + 8) : this.#bytes.subarray(at + 8, at + 24);
  }
}

/** Where everything lies, in bytes. */
interface Layout {
  /** One `struct mmsghdr`, and in it the parts that change or are pointers. */
  readonly header: number;
  readonly name: number;
  readonly nameLength: number;
  readonly iov: number;
  readonly iovCount: number;
  readonly length: number;
  /** One `struct iovec`. */
  readonly vector: number;
  readonly vectorLength: number;
  /** Where the vectors, the addresses and the data of all messages begin. */
  readonly vectors: number;
  readonly addresses: number;
  readonly data: number;
  readonly total: number;
}

let layout: Layout | null = null;

/** As recvmsg(2) and recvmmsg(2) say; the compiler's rules for gaps are koffi's to know. */
function layoutOf(k: typeof koffi): Layout {
  if (layout) return layout;
  const iovec = k.struct({ base: 'void *', length: 'size_t' });
  const msghdr = k.struct({
    name: 'void *',
    nameLength: 'uint32_t',
    iov: 'void *',
    iovCount: 'size_t',
    control: 'void *',
    controlLength: 'size_t',
    flags: 'int',
  });
  const mmsghdr = k.struct({ header: msghdr, length: 'uint32_t' });
  const header = k.sizeof(mmsghdr);
  const vector = k.sizeof(iovec);
  const vectors = header * MOST;
  const addresses = vectors + vector * MOST;
  const data = addresses + ADDRESS_ROOM * MOST;
  layout = {
    header,
    name: k.offsetof(msghdr, 'name'),
    nameLength: k.offsetof(msghdr, 'nameLength'),
    iov: k.offsetof(msghdr, 'iov'),
    iovCount: k.offsetof(msghdr, 'iovCount'),
    length: k.offsetof(mmsghdr, 'length'),
    vector,
    vectorLength: k.offsetof(iovec, 'length'),
    vectors,
    addresses,
    data,
    total: data + ROOM * MOST,
  };
  return layout;
}

/** `struct sockaddr_in` or `sockaddr_in6`. */
function socketAddress(address: string, port: number): Buffer {
  const ip = ipaddr.parse(address);
  const six = ip.kind() === 'ipv6';
  const name = Buffer.alloc(six ? IPV6_ADDRESS : 16);
  name.writeUInt16LE(six ? AF_INET6 : AF_INET, 0);
  name.writeUInt16BE(port, 2);
  name.set(ip.toByteArray(), six ? 8 : 4);
  return name;
}
