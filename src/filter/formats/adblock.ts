import type { Found, Reading } from './name.ts';
import { takeHost } from './name.ts';

/** Options under which a rule still closes the whole site, and not only some of its requests. */
const WHOLE_SITE = new Set(['third-party', '3p', 'important', 'all', 'document', 'doc']);

/** `example.com##.banner`, `#@#`, `#?#`, `#$#`, `#%#`: what of a page is not shown, or what runs in it. */
const COSMETIC = /^[^\s#]*#[@?$%]{0,2}#/;
/** A host between `||` and its end: `^`, options or nothing. */
const RULE = /^\|\|([^\s^/$|?#]*)\^?\|?(?:\$(.*))?$/;

/**
 * Rules as browsers' ad blockers write them (Adblock Plus filter syntax). Only a rule that closes a whole site is taken;
 * whatever closes less, opens, or hides is left out, since half a rule would be another rule.
 */
export class AdblockRules {
  /** Has this file shown that it is of this kind? Then what looks like an address with a path is a pattern. */
  #seen = false;

  read(text: string, found: Found): Reading {
    if (text.startsWith('[') && /^\[adblock/i.test(text)) {
      this.#seen = true;
      return null;
    }
    if (text.startsWith('@@')) {
      this.#seen = true;
      return 'left out: an exception';
    }
    if (text.startsWith('||')) {
      this.#seen = true;
      return rule(text, found);
    }
    const comment = text.startsWith('#') || text.startsWith('!');
    if ((this.#seen || !comment) && COSMETIC.test(text)) return 'left out: hides parts of pages';
    if (comment) return undefined;
    const pattern = text.startsWith('|') || text.startsWith('/') || (this.#seen && /[*^|$/?]/.test(text));
    return pattern ? 'left out: a pattern, not a site' : undefined;
  }
}

function rule(text: string, found: Found): Reading {
  const [, host, options = ''] = RULE.exec(text) ?? [];
  if (host === undefined) return 'left out: a pattern, not a site';
  const wanted = options === '' ? [] : options.toLowerCase().split(',');
  if (!wanted.every((o) => WHOLE_SITE.has(o.trim()))) return 'left out: meant for some requests only';
  const name = host.replace(/^\*\./, '');
  return name.includes('*') ? 'left out: a pattern, not a site' : takeHost(name, found);
}
