import { invalid } from '#core/errors.ts';
import type { WebApp } from '#web/index.ts';

/**
 * What holds a file as text: a data address (RFC 2397), a long run of base64 (RFC 4648), base64url or hex, or several lines of
 * it as mail has them (RFC 2045 §6.8). Words of no language and no web address read like that.
 */
const FILE =
  /data:[a-z]*\/?[a-z0-9.+-]*;[a-z0-9=;-]*,|data:[a-z]+\/[a-z0-9.+-]+,|;base64,|[a-z0-9+/_=-]{400,}|(?:[a-z0-9+/_=-]{40,}\s+){4}[a-z0-9+/_=-]{4,}|begin \d{3,4} \S+\n|(?:[0-9a-f]{2}[\s:]){200}/i;

export const holdsFile = (text: string): boolean => FILE.test(text);

/**
 * EVI-03, SRC-19: in this room people write words. A picture pasted as text into any form of it is refused before anything
 * reads it, and is not shown again.
 */
export function wordsOnly(app: WebApp): void {
  app.addHook('preHandler', async (request) => {
    const typed = Object.values({ ...(request.body as object | null), ...(request.query as object | null) }).flat();
    if (typed.some((v) => typeof v === 'string' && holdsFile(v))) {
      throw invalid(
        'incidents.words-only',
        'Words only, please: this looks like a picture or a file. Nothing of it was kept.',
      );
    }
  });
}
