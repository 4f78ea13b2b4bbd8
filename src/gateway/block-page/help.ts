/** Public services that listen, free and at any hour. Their sites are on the help list, which nothing can block. */
export interface HelpLine {
  readonly name: string;
  readonly about: string;
  readonly site: string;
  readonly phone?: { readonly shown: string; readonly dial: string };
}

export const HELP_LINES: readonly HelpLine[] = [
  {
    name: 'Childline',
    about: 'for anyone under 19, about anything',
    site: 'https://www.childline.org.uk/',
    phone: { shown: '0800 1111', dial: '08001111' },
  },
  {
    name: 'Samaritans',
    about: 'for people of every age',
    site: 'https://www.samaritans.org/',
    phone: { shown: '116 123', dial: '116123' },
  },
  {
    name: 'CEOP',
    about: 'if someone online has made you feel unsafe',
    site: 'https://www.ceop.police.uk/',
  },
];

/** What is said first, before anything about rules, to somebody who may be looking for a way out (category → words). */
export const CARE: Readonly<Record<string, string>> = {
  'self-harm':
    'If you are thinking about hurting yourself, or life feels too much, you do not have to carry it alone. Talking helps, and people are ready to listen right now. If you are in danger, call 999.',
  'eating-disorders':
    'If food, weight or how you look is on your mind a lot, you do not have to work it out alone. Talking to someone you trust is a good first step.',
  grooming:
    'If someone online has asked you to keep a secret, to meet, or to do something you did not want to do, it is not your fault. Tell someone; they can help you make it stop.',
  'intimate-images':
    'If a private picture of you, or of somebody you know, is being passed around, it can often be taken down. It is not your fault. Tell someone who can help.',
  bullying:
    'If someone is making you feel small or afraid, it is not your fault. Tell someone you trust, and they can help.',
};
