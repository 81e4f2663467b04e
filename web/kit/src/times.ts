/** Times in the device's time zone. */

/** `14:05`, with the seconds left out. */
export function clockTime(at: string | number, locale?: string): string {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit' }).format(new Date(at));
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
