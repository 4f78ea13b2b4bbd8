/**
 * Letters to parents and carers as data (SAN-30). `{…}` is put in from the case; whoever sends a letter can change every word
 * of it first. Other children are never named in one.
 */
export interface LetterTemplate {
  readonly id: string;
  readonly name: string;
  readonly title: string;
  readonly body: string;
}

export const PLACEHOLDERS = ['parent', 'child', 'school', 'date', 'what', 'actions', 'sender', 'reply'] as const;

export const LETTER_TEMPLATES: readonly LetterTemplate[] = [
  {
    id: 'decided',
    name: 'What happened, and what follows',
    title: 'A letter from school about {child}',
    body: `{date}

Dear {parent},

We are writing because something happened online in which {child} had a part. We looked into it with care and listened to what {child} had to say. It comes under: {what}.

This is what follows:

{actions}

We would like {child} to learn from it and then to leave it behind. It would help if you talked about it together at home.

If you think that we have got something wrong you may appeal, and so may {child}. Please tell us soon; what can wait will wait until your appeal is decided.

{reply}

Yours sincerely,
{sender}
{school}`,
  },
  {
    id: 'meeting',
    name: 'Please come and talk with us',
    title: 'Could we meet to talk about {child}?',
    body: `{date}

Dear {parent},

Something happened online that we would rather talk about with you than write down. {child} is not in danger. Please tell us when you could come to school, or when we could ring you.

{reply}

Yours sincerely,
{sender}
{school}`,
  },
  {
    id: 'hurt',
    name: 'To the parents of a child who was hurt',
    title: 'How {child} is being supported',
    body: `{date}

Dear {parent},

Something happened online by which {child} was hurt. It was not their fault. We have dealt with it and are looking after {child}; we cannot tell you what followed for others, as we would tell nobody what followed for your child.

Please tell us how {child} is at home, and at once if it goes on in any way.

{reply}

Yours sincerely,
{sender}
{school}`,
  },
  {
    id: 'taken-back',
    name: 'The appeal was upheld',
    title: 'Your appeal about {child}',
    body: `{date}

Dear {parent},

We have looked again at what was decided about {child}, and it was not right. It no longer holds, it counts for nothing from now on, and whatever had been taken away has been given back. We are sorry.

{reply}

Yours sincerely,
{sender}
{school}`,
  },
];

/** How a parent answers, by the way in which the letter goes. */
export const REPLY = {
  page: 'You can answer on the page where you read this letter.',
  paper: 'You can answer by writing to the school or by ringing us.',
} as const;
