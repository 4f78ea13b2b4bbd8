import type { Judgement } from '#gateway/judge.ts';

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
