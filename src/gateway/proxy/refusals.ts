import { groupName } from '#filter/file-types.ts';
import { FILE_RULE, type Judgement } from '#gateway/judge.ts';

/** What the proxy itself refuses, whatever the policy says of the site. Recorded like every other decision. */
const refusal = (rule: string, text: string): Judgement => ({
  outcome: 'block',
  because: { rule, category: null, clause: null, text, remedy: null },
  categories: [],
});

export const PRIVATE_TARGET = refusal(
  'proxy.private',
  'This address belongs to a private network, and the school’s internet proxy does not lead into private networks.',
);
export const OWN_PAGES = refusal(
  'proxy.own-pages',
  'These are the school’s own online-safety pages. They open directly, without the proxy.',
);
export const FORBIDDEN_PORT = refusal(
  'proxy.port',
  'This address uses a port that is not used for web pages, so the school’s internet proxy does not open it.',
);
export const NOT_TLS = refusal(
  'proxy.not-tls',
  'Only secure web connections (TLS) may be made in this way, and this was something else.',
);
export const UNREADABLE_NAME = refusal(
  'proxy.server-name',
  'The secure connection names its server in a way that cannot be checked.',
);
export const OWN_DNS = refusal(
  'proxy.own-dns',
  'This service would hide from the school which sites a device opens, so it is not reached from here.',
);
export const UNSAFE_SEARCH = refusal(
  'proxy.safe-search',
  'This search engine was called in a way in which safe search could not be kept on.',
);

/** A file of a kind that this person may not fetch, from a site that is open to them (FIL-09, SEC-10). */
export const refusedFile = (group: string, clause: string | null): Judgement => ({
  outcome: 'block',
  because: {
    rule: FILE_RULE,
    category: null,
    clause,
    text: `${groupName(group)} may not be fetched here, since they can harm a device. The site itself is open. If you need this file for your work, ask the people who look after the school’s computers.`,
    remedy: null,
  },
  categories: ['software-downloads'],
});
