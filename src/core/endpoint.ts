/** An IP address and a port to listen on or to ask. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** `127.0.0.1:8080`, `[::1]:8080`. */
export const formatEndpoint = (e: Endpoint): string =>
  e.address.includes(':') ? `[${e.address}]:${e.port}` : `${e.address}:${e.port}`;
