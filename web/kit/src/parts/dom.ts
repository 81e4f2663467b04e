/** Builds elements without a framework, and without markup in strings, so that no text is ever taken for markup. */

type Handler = (event: Event) => void;
type Value = string | number | boolean | undefined | Handler;

/** What can stand in an element. */
export type Child = Node | string | null | undefined | false;

/** An element with attributes, listeners (`onclick`) and children. `true` is an empty attribute, `false` none. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== undefined && value !== false) element.setAttribute(name, String(value));
  }
  element.append(...children.filter(isShown));
  return element;
}

/** Puts children in the place of those that were there. */
export function fill(element: Element, ...children: Child[]): void {
  element.replaceChildren(...children.filter(isShown));
}

/** Moves the focus to something that takes none by the Tab key, such as a heading. */
export function focusOn(element: HTMLElement): void {
  if (element.tabIndex < 0) element.setAttribute('tabindex', '-1');
  element.focus();
}

let ids = 0;

/** An id that no other element has. */
export function freshId(purpose: string): string {
  ids += 1;
  return `${purpose}-${ids}`;
}

function isShown(child: Child): child is Node | string {
  return child !== null && child !== undefined && child !== false;
}
