/** A link in the navigation; shown to those who may follow it. */
export interface NavItem {
  readonly href: string;
  readonly text: string;
  readonly duties: readonly string[];
  /** Small first. */
  readonly order: number;
  /** The link that this one belongs to: it is shown below that one, while the reader is there. */
  readonly within?: string;
}

export interface NavLink {
  readonly href: string;
  readonly text: string;
  readonly current: boolean;
  /** Empty but where the reader is. */
  readonly below: readonly NavLink[];
}

/** The navigation of one reader on one page. Of all links that lead to the page, the longest is the one they are at. */
export function navFor(items: readonly NavItem[], duties: readonly string[], path: string): NavLink[] {
  const mine = items.filter((n) => n.duties.some((d) => duties.includes(d))).sort((a, b) => a.order - b.order);
  const here = mine
    .filter((n) => path === n.href || path.startsWith(`${n.href}/`))
    .reduce<NavItem | undefined>((best, n) => (best && best.href.length >= n.href.length ? best : n), undefined);
  const link = (n: NavItem, below: readonly NavLink[] = []): NavLink => ({
    href: n.href,
    text: n.text,
    current: n === here,
    below,
  });
  const group = here?.within ?? here?.href;
  return mine
    .filter((n) => n.within === undefined)
    .map((n) => link(n, n.href === group ? mine.filter((m) => m.within === n.href).map((m) => link(m)) : []));
}
