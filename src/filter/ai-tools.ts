import Type from 'typebox';
import { readData } from './data-file.ts';

const DOES = {
  chat: 'answers in free text',
  companion: 'plays a friend or a character',
  search: 'answers questions from the web',
  study: 'works through texts and sources',
  teaching: 'prepares lessons and tasks',
  writing: 'writes or changes texts',
  pictures: 'makes or changes pictures and slides',
  film: 'makes films, faces and likenesses',
  sound: 'makes or writes down speech and music',
  code: 'writes programs',
} as const;
const strict = { additionalProperties: false } as const;
const File = Type.Object(
  {
    about: Type.String(),
    tools: Type.Array(
      Type.Object(
        {
          name: Type.String({ minLength: 1 }),
          provider: Type.String({ minLength: 1 }),
          does: Type.Union(Object.keys(DOES).map((d) => Type.Literal(d as keyof typeof DOES))),
          hosts: Type.Array(Type.String({ pattern: '^([a-z0-9-]+\\.)+[a-z0-9-]+$' }), { minItems: 1 }),
        },
        strict,
      ),
    ),
  },
  strict,
);

export interface KnownAiTool {
  readonly name: string;
  readonly provider: string;
  readonly hosts: readonly string[];
  /** What it does, as a phrase: "answers in free text". */
  readonly does: string;
}

/** AI tools that many people know, from `lists/ai-tools.json`: a start for a register, never a judgement. */
export const KNOWN_AI_TOOLS: readonly KnownAiTool[] = readData('ai-tools.json', File).tools.map((t) => ({
  ...t,
  does: DOES[t.does],
}));

const byHost = new Map(KNOWN_AI_TOOLS.flatMap((tool) => tool.hosts.map((host) => [host, tool] as const)));

/** The known tool that a host belongs to, and the site of it that is listed. */
export function knownAiTool(host: string): { readonly tool: KnownAiTool; readonly site: string } | undefined {
  for (let name = host; ; name = name.slice(name.indexOf('.') + 1)) {
    const tool = byHost.get(name);
    if (tool) return { tool, site: name };
    if (!name.includes('.')) return undefined;
  }
}
