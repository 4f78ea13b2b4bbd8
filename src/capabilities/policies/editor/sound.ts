import { Refusal } from '#core/errors.ts';
import { type PolicyDocument, parsePolicy } from '#policy/index.ts';
import { taxonomy } from '../policies.service.ts';

/**
 * Refuses what no draft could be. What is wrong below `base`, the place that a form is about, is said at the form's
 * fields; whatever else it breaks is said with its place.
 */
export function sound(document: PolicyDocument, base = ''): PolicyDocument {
  try {
    return parsePolicy(JSON.stringify(document), 'The draft', taxonomy().categories);
  } catch (e) {
    if (!(e instanceof Refusal) || !e.fields) throw e;
    const fields = Object.entries(e.fields).map(([place, fault]) =>
      place.startsWith(`${base}/`) || place === base
        ? [place.slice(base.length), sentence(fault)]
        : [place, `${place}: ${sentence(fault)}`],
    );
    const message = 'Some of this needs another look. Nothing was saved.';
    throw new Refusal('invalid', e.code, message, { fields: Object.fromEntries(fields) });
  }
}

const sentence = (fault: string): string => fault.replace(/^expected (.*); found (.*)$/s, 'Expected $1, and found $2.');
