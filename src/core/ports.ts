import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { type Endpoint, formatEndpoint } from './endpoint.ts';
import { Refusal } from './errors.ts';

/** Is the port ours to take? Throws one clear sentence that names the setting when it is not. */
export function requireFreeTcp(name: string, at: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (e) => reject(portRefusal(name, at, e)));
    probe.listen(at.port, at.address, () => probe.close(() => resolve()));
  });
}

export function requireFreeUdp(name: string, at: Endpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createSocket(at.address.includes(':') ? 'udp6' : 'udp4');
    probe.once('error', (e) => reject(portRefusal(name, at, e)));
    probe.bind(at.port, at.address, () => probe.close(() => resolve()));
  });
}

/** A listening error as one clear sentence. */
export function portRefusal(name: string, at: Endpoint, e: Error): Refusal {
  const code = 'code' in e ? String(e.code) : '';
  const why =
    code === 'EADDRINUSE'
      ? 'is taken by another program'
      : code === 'EACCES'
        ? 'needs more rights than this user has'
        : code === 'EADDRNOTAVAIL'
          ? 'is not an address of this machine'
          : `cannot be used (${code || e.name})`;
  return new Refusal('unavailable', 'port', `${formatEndpoint(at)} ${why}; set ${name} to another address:port.`, {
    cause: e,
  });
}
