import { isIP } from 'node:net';
import { type Found, leadsNowhere, type Reading, takeHost } from './name.ts';

const TTL_OR_CLASS = /^(?:\d+[smhdw]?|IN|CH|HS)$/i;
const SOA_FIELDS = 7;
const LONGEST_HEAD = 50;
/** A trigger that is no name asked for (draft-vixie-dnsop-dns-rpz, section 4). */
const OTHER_TRIGGER = /(?:^|\.)rpz-(?:ip|client-ip|nsdname|nsip)$/i;

/**
 * A response policy zone: a DNS zone file (RFC 1035, section 5) whose owners are the names to be closed, under the name of
 * the zone. What a record does is said by its CNAME: `.` no such name, `*.` no data, `rpz-drop.` no answer.
 */
export class PolicyZone {
  /** Nothing in other formats looks like the head of a zone, so only after it every line is read as one of its records. */
  #begun = false;
  #apex = '';
  #origin = '';
  #owner = '';
  /** How many brackets are open: the head of a zone often goes over several lines. */
  #open = 0;
  #inside = 0;

  get isOpen(): boolean {
    return this.#open > 0;
  }

  read(raw: string, found: Found): Reading {
    if (raw.startsWith(';')) return null;
    if (raw.startsWith('$')) return this.#directive(raw);
    const inside = this.#open > 0;
    const continued = /^\s/.test(raw);
    if (!this.#begun && (continued || !/\s/.test(raw))) return undefined;
    const { text, depth } = bare(raw);
    const tokens = text.split(/\s+/).filter((t) => t !== '');
    if (inside) {
      this.#open = Math.max(0, this.#open + depth);
      if (++this.#inside < LONGEST_HEAD) return null;
      // A bracket that nobody closes must not swallow the list.
      this.#open = 0;
      return 'not a rule of its format';
    }
    if (tokens.length === 0) return this.#begun ? null : undefined;
    const owner = continued ? this.#owner : (tokens.shift() ?? '');
    while (TTL_OR_CLASS.test(tokens[0] ?? '')) tokens.shift();
    const reading = this.#record(owner, tokens.shift()?.toUpperCase() ?? '', tokens, found);
    if (reading === undefined) return this.#begun ? 'not a rule of its format' : undefined;
    this.#owner = owner;
    this.#open = Math.max(0, depth);
    this.#inside = 0;
    return reading;
  }

  #directive(raw: string): Reading {
    const [word = '', value = ''] = bare(raw).text.split(/\s+/);
    if (/^\$TTL$/i.test(word)) {
      this.#begun = true;
      return null;
    }
    if (!/^\$ORIGIN$/i.test(word) || value === '') return this.#begun ? 'not a rule of its format' : undefined;
    this.#begun = true;
    this.#origin = this.#absolute(value);
    if (this.#apex === '') this.#apex = this.#origin;
    return null;
  }

  #record(owner: string, type: string, data: readonly string[], found: Found): Reading {
    const [target = ''] = data;
    switch (type) {
      case 'SOA':
        if (data.length < SOA_FIELDS && !data.some((d) => d.includes('('))) return undefined;
        this.#begun = true;
        this.#apex = this.#absolute(owner);
        if (this.#origin === '') this.#origin = this.#apex;
        return null;
      case 'CNAME':
        return target === '' || data.length > 1 ? undefined : this.#trigger(owner, found, cnameRefusal(owner, target));
      case 'A':
      case 'AAAA': {
        if (isIP(target) === 0 || data.length > 1) return undefined;
        return this.#trigger(
          owner,
          found,
          leadsNowhere(target) ? null : 'left out: leads elsewhere instead of closing',
        );
      }
      default:
        // NS, TXT and the like say nothing of what is closed.
        return this.#begun && /^[A-Z][A-Z0-9]+$/.test(type) && data.length > 0 ? null : undefined;
    }
  }

  #trigger(owner: string, found: Found, refusal: Reading): Reading {
    // `10.0.0.1 a.example` is a line of a hosts file, whatever the name is.
    if (!this.#begun && isIP(owner) !== 0) return undefined;
    if (refusal) return refusal;
    const name = this.#absolute(owner);
    const zone = this.#apex;
    if (zone !== '' && !name.endsWith(`.${zone}`)) return 'left out: outside its zone';
    const wanted = zone === '' ? name : name.slice(0, -zone.length - 1);
    if (OTHER_TRIGGER.test(wanted)) return 'left out: about addresses or name servers';
    return takeHost(wanted, found);
  }

  /** Without the dot at its end; what ends in none lies under the origin. */
  #absolute(name: string): string {
    if (name === '@') return this.#origin;
    if (name.endsWith('.')) return name.slice(0, -1).toLowerCase();
    return this.#origin === '' ? name.toLowerCase() : `${name.toLowerCase()}.${this.#origin}`;
  }
}

function cnameRefusal(owner: string, target: string): Reading {
  if (target === '.' || target === '*.' || /^rpz-drop\.$/i.test(target)) return null;
  // A name that leads to itself is how older zones let it pass.
  const passes = /^rpz-(?:passthru|tcp-only)\.$/i.test(target) || target.toLowerCase() === `${owner.toLowerCase()}.`;
  return passes ? 'left out: an exception' : 'left out: leads elsewhere instead of closing';
}

/** Without quoted texts, comments and brackets; `depth`: how many brackets were opened and not closed. */
function bare(line: string): { text: string; depth: number } {
  let text = '';
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const c = line[i];
    if (c === '\\') i++;
    else if (c === '"') quoted = !quoted;
    if (quoted) continue;
    if (c === ';') break;
    if (c === '(') depth++;
    else if (c === ')') depth--;
    text += c === '"' ? 'q' : c === '\\' ? `\\${line[i] ?? ''}` : c;
  }
  return { text: text.trim(), depth };
}
