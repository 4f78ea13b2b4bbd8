/** A mail server as people type it. */
export interface MailServer {
  readonly host: string;
  readonly port: number;
  /** `tls`: encrypted from the first byte; `starttls`: encrypted after greeting, whenever the server offers it. */
  readonly security: 'tls' | 'starttls';
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly from: string;
}

/** The URL that nodemailer takes. */
export function mailUrl(m: MailServer): string {
  const who = m.username ? `${encodeURIComponent(m.username)}:${encodeURIComponent(m.password ?? '')}@` : '';
  return `${m.security === 'tls' ? 'smtps' : 'smtp'}://${who}${m.host.includes(':') ? `[${m.host}]` : m.host}:${m.port}`;
}

/** The way back, for the form. */
export function readMailUrl(url: string, from: string): MailServer | null {
  const u = URL.parse(url);
  if (!u) return null;
  return {
    host: u.hostname.replace(/^\[|\]$/g, ''),
    port: Number(u.port || (u.protocol === 'smtps:' ? 465 : 587)),
    security: u.protocol === 'smtps:' ? 'tls' : 'starttls',
    username: decodeURIComponent(u.username) || undefined,
    password: decodeURIComponent(u.password) || undefined,
    from,
  };
}

export const isEmail = (text: string): boolean =>
  text.length <= 254 && /^[^\s@<>"]+@[^\s@<>"]+\.[^\s@<>".]+$/.test(text);

export function mailFaults(m: MailServer): Record<string, string> {
  const faults: Record<string, string> = {};
  if (!/^[a-zA-Z0-9.:_-]{1,253}$/.test(m.host)) faults.host = 'Give the server’s name, such as mail.school.example.';
  if (!Number.isInteger(m.port) || m.port < 1 || m.port > 65535)
    faults.port = 'Give a port from 1 to 65535; 587 is usual.';
  if (!isEmail(m.from)) faults.from = 'Give the address that letters come from, such as gatehouse@school.example.';
  return faults;
}
