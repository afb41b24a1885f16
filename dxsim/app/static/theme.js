// The colours of the page, light or dark, as the style sheet gives them.

const NAMES = ["ink", "faint", "line", "soft", "paper", "a", "b", "grid", "edge", "month", "alike"];
const ROWS = { bins: "bin", groups: "group" };
const LENGTHS = { bins: 5, groups: 8 };

const root = () => document.documentElement;

export const colour = (name, of = root()) => getComputedStyle(of).getPropertyValue(`--${name}`).trim();

let known = null;

// All colours of charts and maps: those of the page, or always the light ones, for paper.
export function palette(isPaper = false) {
  if (isPaper) {
    const paper = Object.assign(document.createElement("i"), { className: "light", hidden: true });
    document.body.append(paper);
    const found = read(paper);
    paper.remove();
    return found;
  }
  return (known ??= read(root()));
}

function read(of) {
  const rows = Object.entries(ROWS).map(([name, prefix]) => [name, Array.from({ length: LENGTHS[name] }, (_, k) => colour(`${prefix}-${k}`, of))]);
  const changes = ["less-2", "less-1", "alike", "more-1", "more-2"].map((name) => colour(name, of));
  return { ...Object.fromEntries(NAMES.map((name) => [name, colour(name, of)])), ...Object.fromEntries(rows), changes };
}

// Calls back whenever light turns to dark or back, for a print too, until what is returned is called.
export function onTheme(draw) {
  const queries = ["(prefers-color-scheme: dark)", "print"].map((query) => matchMedia(query));
  const change = () => { known = null; draw(); };
  for (const query of queries) query.addEventListener("change", change);
  return () => { for (const query of queries) query.removeEventListener("change", change); };
}
