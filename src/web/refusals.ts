/** The head of a refusal's page, and what to do where the refusal itself does not say. */
export interface RefusalWords {
  readonly title: string;
  readonly remedy: string;
}

const WORDS: Readonly<Record<number, RefusalWords>> = {
  401: {
    title: 'Please sign in',
    remedy: 'Your sign-in has ended, or you have not signed in yet. Nothing was changed.',
  },
  403: {
    title: 'This page is not open to you',
    remedy: 'You have done nothing wrong. If it should be part of your work, ask your school’s administrator.',
  },
  404: { title: 'We cannot find that page', remedy: 'It may have moved, or the address may be mistyped.' },
  409: {
    title: 'That cannot be done as things stand',
    remedy: 'Go back, reload the page to see how things stand now, and try again.',
  },
  429: {
    title: 'Please wait a moment',
    remedy: 'There were many requests from here in a short time. Wait a minute, then try again.',
  },
  500: {
    title: 'Something went wrong on our side',
    remedy: 'Please try again. If it happens again, tell whoever looks after Gatehouse at your school.',
  },
  503: {
    title: 'Not available just now',
    remedy: 'Try again in a few minutes. If it stays like this, tell whoever looks after Gatehouse at your school.',
  },
};
const OTHER: RefusalWords = {
  title: 'That could not be done',
  remedy: 'Go back, look at what was entered, and try again.',
};

export const refusalWords = (status: number): RefusalWords => WORDS[status] ?? OTHER;
