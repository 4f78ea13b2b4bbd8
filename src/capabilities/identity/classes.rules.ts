/** Classes as they are typed or stand in a file: `8B; 9A/Hi` and the like. */
export const readClasses = (text: string): string[] => [
  ...new Set(
    text
      .split(/[;,|\n]+/)
      .map((c) => c.trim().replace(/ +/g, ' ').normalize('NFC'))
      .filter(Boolean),
  ),
];

export const MOST_CLASSES = 60;
