/** Times as people at a counter say them, in the device's time zone. */

/** `14:05`, with the seconds left out. */
export function clockTime(at: string | number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(new Date(at));
}

/** `today at 14:05`, `yesterday at 14:05`, or with the date. */
export function spokenTime(at: string | number, now = new Date(), locale?: string): string {
  const time = new Date(at);
  const days = Math.round((midnight(now).getTime() - midnight(time).getTime()) / DAY_MILLISECONDS);
  const clock = clockTime(time.getTime(), locale);
  if (days === 0) return `today at ${clock}`;
  if (days === 1) return `yesterday at ${clock}`;
  const date = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year: 'numeric' }).format(
    time,
  );
  return `on ${date} at ${clock}`;
}

/** When a day begins here. */
export function midnight(day: Date, daysLater = 0): Date {
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + daysLater);
}

/** A day as a date field holds it: `2026-11-28`. */
export function dateField(day: Date): string {
  const two = (part: number) => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}

/** The day that a date field holds, as it begins here; `null` if it holds none. */
export function dayOf(field: string): Date | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(field);
  return match ? new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3])) : null;
}

const DAY_MILLISECONDS = 86_400_000;
