import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Listening {
  readonly address: string;
  readonly port: number;
  /** Stops listening, gives what is under way the grace period, then cuts it. */
  close(): Promise<void>;
}

/** Listens, or rejects with the system's error (`EADDRINUSE`, `EACCES`). */
export async function listen(
  server: Server,
  { address, port }: { readonly address: string; readonly port: number },
  { reusePort, grace }: { readonly reusePort: boolean; readonly grace: number },
): Promise<Listening> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, reusePort }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const at = server.address() as AddressInfo;
  return { address: at.address, port: at.port, close: () => closeGently(server, grace) };
}

async function closeGently(server: Server, grace: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const cut = setTimeout(() => server.closeAllConnections(), grace);
  await closed;
  clearTimeout(cut);
}
