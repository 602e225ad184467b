/** The address bar as state: links inside the page do not load it again. */

interface Place {
  path: string;
  query: URLSearchParams;
  /** What this entry of the history carries beside its address: steps of a page, never content. */
  state: Readonly<Record<string, unknown>>;
  /** Grows with every change of page, so that a page is built anew even at the same path. */
  visit: number;
}

let place = $state.raw<Place>(read(0));
let isFirst = true;
/** Pages of another entry point, which the server has to load. */
let isForeign: (path: string) => boolean = () => false;

function read(visit: number): Place {
  // One spelling of each place: no slash at the end.
  const path = location.pathname.replace(/\/+$/, '') || '/';
  const state = (history.state ?? {}) as Record<string, unknown>;
  return { path, query: new URLSearchParams(location.search), state, visit };
}

/** Where the page is. */
export function here(): Place {
  return place;
}

/** True until the first change of page: a fresh load leaves the focus where the browser puts it. */
export function isFirstPage(): boolean {
  return isFirst;
}

function arrive(): void {
  isFirst = false;
  place = read(place.visit + 1);
  scrollTo(0, 0);
}

/** Goes to a path of this entry point. */
export function go(to: string, options: { replace?: boolean; state?: Record<string, unknown> } = {}): void {
  if (isForeign(to)) {
    location.assign(to);
    return;
  }
  const state = options.state ?? null;
  if (options.replace === true) history.replaceState(state, '', to);
  else history.pushState(state, '', to);
  arrive();
}

/** Changes the query of this page without leaving it. */
export function setQuery(query: URLSearchParams): void {
  const text = query.toString();
  history.replaceState(history.state, '', location.pathname + (text === '' ? '' : `?${text}`));
  place = { ...place, query };
}

/** Follows the browser's buttons and the links of this entry point. */
export function startRouter(foreign: (path: string) => boolean): void {
  isForeign = foreign;
  addEventListener('popstate', arrive);
  document.addEventListener('click', (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.('a[href]');
    if (!(link instanceof HTMLAnchorElement) || link.target !== '' || link.origin !== location.origin) return;
    if (link.hash !== '' && link.pathname === location.pathname) return;
    if (isForeign(link.pathname)) return;
    event.preventDefault();
    go(link.pathname + link.search);
  });
}

/**
 * The secret of a link, once: it leaves the address bar at once, so that it is not shared, photographed or
 * kept in the history. It stays with this entry of this tab, because phones reload pages at will.
 */
export function takeSecret(): string | null {
  const inFragment = new URLSearchParams(location.hash.slice(1)).get('t');
  if (inFragment !== null && inFragment !== '') {
    history.replaceState({ secret: inFragment }, '', location.pathname + location.search);
    return inFragment;
  }
  const kept = (history.state as { secret?: unknown } | null)?.secret;
  return typeof kept === 'string' ? kept : null;
}
