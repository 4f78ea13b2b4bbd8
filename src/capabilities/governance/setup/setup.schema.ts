import { Type } from 'typebox';
import { SHIPPED_POLICIES } from '#policy/index.ts';

/**
 * What a school says to begin with. The file of `npm run setup -- --file` holds exactly this, and the page in the browser
 * makes the same from its fields. Descriptions read after "expected": error messages are made of them.
 */
const closed = { additionalProperties: false } as const;
const words = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, description: `a text of 1 to ${maxLength} characters` });
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: 'a day such as "2026-09-02"' });

const FirstPerson = Type.Object(
  {
    name: words(120),
    username: Type.String({
      pattern: '^[a-z0-9][a-z0-9._@-]{1,63}$',
      description: 'a user name of 2 to 64 lower-case letters, digits, dots and hyphens',
    }),
    email: Type.Optional(Type.String({ maxLength: 254, description: 'an e-mail address' })),
  },
  closed,
);

export const SetupSchema = Type.Object(
  {
    school: Type.Object(
      {
        name: Type.String({ minLength: 2, maxLength: 120, description: 'a name of 2 to 120 characters' }),
        timeZone: Type.Optional(Type.String({ maxLength: 60, description: 'a time zone such as "Europe/London"' })),
      },
      closed,
    ),
    site: words(120),
    terms: Type.Array(
      Type.Object(
        {
          name: words(60),
          starts: Day,
          ends: Day,
          halfTermStarts: Type.Optional(Day),
          halfTermEnds: Type.Optional(Day),
        },
        closed,
      ),
      { maxItems: 12, description: 'a list of up to 12 terms' },
    ),
    policy: Type.Enum([...SHIPPED_POLICIES], { description: `one of ${SHIPPED_POLICIES.join(', ')}` }),
    administrator: FirstPerson,
    dsl: FirstPerson,
    lists: Type.Optional(
      Type.Object({ location: words(2000) }, { ...closed, description: 'an object with the key location' }),
    ),
    mail: Type.Optional(
      Type.Object(
        {
          host: words(253),
          port: Type.Integer({ minimum: 1, maximum: 65535, description: 'a port from 1 to 65535' }),
          security: Type.Enum(['tls', 'starttls'], { description: '"tls" or "starttls"' }),
          username: Type.Optional(words(254)),
          password: Type.Optional(words(254)),
          from: words(254),
        },
        { ...closed, description: 'an object with the keys host, port, security, from' },
      ),
    ),
  },
  closed,
);
export type SetupInput = Type.Static<typeof SetupSchema>;
