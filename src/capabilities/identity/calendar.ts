/** The day it is now at the school, `YYYY-MM-DD`. */
export const today = (now: number, timeZone: string): string =>
  // Swedish writes dates as ISO 8601 does.
  new Intl.DateTimeFormat('sv-SE', { dateStyle: 'short', timeZone }).format(now);
