/** Plain English, as far as questions about a policy need it: the same word in its forms, and what says nothing. */

/** One way of writing: small letters, straight quotes, no possessives, words apart by single spaces. */
export function normalise(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[‘’ʼ]/g, "'")
    .replace(/\be-?mails?\b/g, 'email')
    .replace(/\bwi-fi\b/g, 'wifi')
    .replace(/\b(school|centre)'s own\b/g, '$1')
    .replace(/'s\b|s'(?=\s|$)/g, (end) => (end === "'s" ? '' : 's'))
    .replace(/(\d)[.](\d\d)\b/g, '$1:$2')
    .replace(/[^\p{L}\p{N}:]+/gu, ' ')
    .replace(/(?<!\d):|:(?!\d)/g, ' ')
    .replace(
      /\b(?:my|our|his|her|their|your|ones)(?: own)? (?=(?:mobile|smart)? ?(?:phone|device|laptop|tablet|camera|watch|computer)s?\b)/g,
      'own ',
    )
    .replace(/\b(?:at|in|to) (?:the )?(?:school|centre)\b(?! \w)/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
}

/** The words that carry meaning, each by its stem. */
export const meaning = (normal: string): string[] =>
  normal
    .split(' ')
    .filter((w) => w && !SILENT.has(w))
    .map((w) => SAME[stem(w)] ?? stem(w));

/** Forms of one word have one stem; it need not be a word itself. */
export function stem(word: string): string {
  let s = word;
  if (s.length > 4 && s.endsWith('ies')) s = `${s.slice(0, -3)}y`;
  else if (s.length > 3 && s.endsWith('s') && !/(ss|us|is)$/.test(s)) s = s.slice(0, -1);
  if (s.length > 5 && s.endsWith('ing')) s = undouble(s.slice(0, -3));
  else if (s.length > 4 && s.endsWith('ed')) s = undouble(s.slice(0, -2));
  return s.length > 3 && s.endsWith('e') ? s.slice(0, -1) : s;
}

const undouble = (s: string): string => (/([bdgmnprt])\1$/.test(s) ? s.slice(0, -1) : s);

const SILENT = new Set(
  `a about am an and any anybody anyone anything are as at be by can could do does during else ever everybody everyone
   for forbidden from get go goes have has he how i if in into is it its just like may me might my not of off on one or
   our ok okay other others our permitted allowed banned please she should so some somebody someone something take taken takes taking that the
   their them there these they this those to under up use used using uses us want was watch watching we what when where which while
   who why will with would you your`.split(/\s+/),
);

/** Words that mean the same in a school, by their stems. */
const SAME: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['phone', 'mobile', 'smartphone', 'mobilephone'],
    ['picture', 'photo', 'pic', 'image', 'photographs'],
    ['pupil', 'student', 'child', 'children', 'kid', 'learner'],
    ['film', 'movie'],
    ['text', 'sms', 'texting'],
    ['teacher', 'tutor'],
    ['program', 'programme', 'software'],
    ['email', 'mail'],
    ['own', 'personal'],
  ].flatMap(([word = '', ...others]) => others.map((o) => [stem(o), stem(word)])),
);
