// The heat map: only the rows in its window are in the document. Keys, filters, print.

const ROW_HEIGHT = 32; // as in page.css
const DETAILS_HEIGHT = 160; // until it is measured
const BESIDE_THE_WINDOW = 128; // pixels above and below it that are drawn, too
const MOST_WORDS = 30; // of a search; they are bits of a number

const grid = byId("grid");
const body = byId("body");
const inputs = {
  q: byId("search"), region: byId("region"), status: byId("status"),
  membership: byId("membership"), differences: byId("differences-only"),
};
const tree = makeTree();
const toggled = new Set(); // keys of what is open or closed against its default
const heights = new Map(); // of details, by their keys
let narrowed = false; // whether a filter chooses rows; units are open then
let shownColumns = [];
let items = []; // what the tree shows now, from top to bottom
let offsets = [0]; // where each item begins, and where the last ends
let drawn = new Map(); // the rows in the document, by their places in `items`
let active = 0;

// ---- the window ---------------------------------------------------------------------------------

/** The place of the last item that begins at or above a height. */
function itemAt(height) {
  let low = 0;
  let high = items.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (offsets[middle] <= height) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Puts the rows of the window into the document, and takes all others out. */
function draw() {
  const from = itemAt(grid.scrollTop - BESIDE_THE_WINDOW);
  const last = itemAt(grid.scrollTop + grid.clientHeight + BESIDE_THE_WINDOW);
  const kept = new Map();
  for (let index = from; index <= Math.min(last, items.length - 1); index += 1) {
    const row = drawn.get(index) ?? drawRow(items[index], shownColumns);
    row.id = `row-${index}`;
    row.dataset.index = index;
    row.setAttribute("aria-rowindex", index + 2);
    row.style.top = `${offsets[index]}px`;
    row.classList.toggle("active", index === active);
    kept.set(index, row);
  }
  drawn = kept;
  body.replaceChildren(...kept.values());
  if (drawn.has(active)) grid.setAttribute("aria-activedescendant", `row-${active}`);
  else grid.removeAttribute("aria-activedescendant");
  measureDetails();
}

/** Learns the heights of the details in the window, and moves what is below them. */
function measureDetails() {
  const wrong = [...drawn].filter(([index, row]) => {
    const { node } = items[index];
    return node.kind === "details" && heights.get(node.key) !== row.offsetHeight;
  });
  wrong.forEach(([index, row]) => heights.set(items[index].node.key, row.offsetHeight));
  if (wrong.length) arrange();
}

/** Works out where each item is. */
function arrange() {
  offsets = [0];
  for (const { node } of items) {
    const height = node.kind === "details" ? (heights.get(node.key) ?? DETAILS_HEIGHT) : ROW_HEIGHT;
    offsets.push(offsets.at(-1) + height);
  }
  body.style.height = `${offsets.at(-1)}px`;
  draw();
}

const isOpen = (node) =>
  (node.kind === "unit" && (narrowed || node.units.size > 0)) !== toggled.has(node.key);

/** Lists what passes the filters and draws it; the active row stays active if it is still there. */
function refresh() {
  const key = items[active]?.node.key;
  const test = makeTest({
    words: inputs.q.value.toLowerCase().split(/\s+/).filter(Boolean).slice(0, MOST_WORDS),
    status: inputs.status.value,
    membership: inputs.membership.value,
    differences: inputs.differences.checked,
    among: shownColumns,
  });
  const found = listed(tree, test, isOpen);
  items = found.items;
  active = Math.max(0, items.findIndex(({ node }) => node.key === key));
  const some = narrowed ? `${written(found.accountsThatPass)} of ` : "";
  byId("shown").textContent = `${some}${written(accounts.length)} accounts, ${written(found.rowsThatPass)} rows`;
  grid.setAttribute("aria-rowcount", items.length + 1);
  grid.classList.toggle("empty", !items.length);
  drawn.clear();
  arrange();
}

function toggle(index) {
  const { node } = items[index];
  if (node.kind === "details") return;
  if (!toggled.delete(node.key)) toggled.add(node.key);
  refresh();
}

/** Makes a row the active one, and moves it into the window. */
function activate(index) {
  active = Math.max(0, Math.min(items.length - 1, index));
  const room = grid.clientHeight - byId("head").offsetHeight;
  const [top, bottom] = [offsets[active], offsets[active + 1]];
  if (top < grid.scrollTop) grid.scrollTop = top;
  else if (bottom > grid.scrollTop + room) grid.scrollTop = Math.min(top, bottom - room);
  draw();
}

// ---- filters ------------------------------------------------------------------------------------

const valueOf = (input) => (input.type === "checkbox" ? (input.checked ? "only" : "") : input.value);

/** Sets a filter; what it does not offer is none. */
function setFilter(input, value) {
  if (input.type === "checkbox") input.checked = value !== "";
  else input.value = value;
  if (input.selectedIndex === -1) input.value = "";
}

/** Shows what passes the filters, and keeps them in the address, so that a link shows the same. */
function filter() {
  const kept = new URLSearchParams();
  for (const [name, input] of Object.entries(inputs)) {
    if (valueOf(input)) kept.set(name, valueOf(input));
  }
  const before = narrowed;
  narrowed = kept.size > (kept.has("region") ? 1 : 0);
  if (before !== narrowed) toggled.clear();
  const { value } = inputs.region;
  shownColumns = [...columns.keys()].filter((column) => !value || columns[column].label === value);
  grid.style.setProperty("--columns", shownColumns.length);
  grid.classList.toggle("roomy", shownColumns.length <= ROOMY_COLUMNS);
  grid.setAttribute("aria-colcount", shownColumns.length + 1);
  byId("head").replaceChildren(drawHead(shownColumns));
  heights.clear();
  refresh();
  history.replaceState(null, "", `#${kept}`); // last: some viewers refuse it
}

/** Sets the filters as the address says. */
function readAddress() {
  const kept = new URLSearchParams(location.hash.slice(1));
  Object.entries(inputs).forEach(([name, input]) => setFilter(input, kept.get(name) ?? ""));
  filter();
}

function clear() {
  Object.values(inputs).forEach((input) => setFilter(input, ""));
  filter();
}

function fillFilters() {
  const fill = (input, names) => input.append(...names.map(([value, text]) => new Option(text, value)));
  const memberships = [...new Set(facts.map((fact) => fact.membership))].sort();
  fill(inputs.region, columns.map(({ label }) => [label, label]));
  fill(inputs.status, Object.entries(STATUSES).map(([value, [text]]) => [value, text]));
  fill(inputs.membership, memberships.map((name) => [name, name]));
}

// ---- keys, clicks, theme ------------------------------------------------------------------------

const windowful = () => Math.max(1, Math.floor(grid.clientHeight / ROW_HEIGHT) - 4);

const GRID_KEYS = {
  ArrowDown: () => activate(active + 1),
  ArrowUp: () => activate(active - 1),
  PageDown: () => activate(active + windowful()),
  PageUp: () => activate(active - windowful()),
  Home: () => activate(0),
  End: () => activate(items.length - 1),
  Enter: () => toggle(active),
  " ": () => toggle(active),
  ArrowRight: () => (items[active].open === false ? toggle(active) : activate(active + 1)),
  ArrowLeft: () => {
    const { node, open } = items[active];
    if (open) toggle(active);
    else if (node.parent !== tree) activate(items.findIndex((item) => item.node === node.parent));
  },
};

const PAGE_KEYS = {
  "/": () => inputs.q.focus(),
  d: () => {
    inputs.differences.checked = !inputs.differences.checked;
    filter();
  },
};

/** What a key does where it is pressed; undefined if that is the browser's business. */
function actionOf({ key, target }) {
  if (key === "Escape") return clear;
  if (target === inputs.q) return ["Enter", "ArrowDown"].includes(key) ? () => grid.focus() : undefined;
  if (target.tagName === "SELECT") return undefined;
  return PAGE_KEYS[key] ?? (target === grid && items.length ? GRID_KEYS[key] : undefined);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const act = actionOf(event);
  if (!act) return;
  event.preventDefault();
  act();
}

const isDark = () => {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};
const nameTheme = () => {
  byId("theme").textContent = isDark() ? "Light theme" : "Dark theme";
};

// ---- begin --------------------------------------------------------------------------------------

document.documentElement.classList.remove("without-script");
fillFilters();
nameTheme();
byId("filters").addEventListener("input", filter);
byId("filters").addEventListener("submit", (event) => event.preventDefault());
byId("clear").addEventListener("click", clear);
byId("theme").addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  nameTheme();
});
document.addEventListener("keydown", onKey);
grid.addEventListener("scroll", draw, { passive: true });
body.addEventListener("click", (event) => {
  const row = event.target.closest(".row:not(.details)");
  if (!row) return;
  activate(Number(row.dataset.index));
  toggle(active);
});
addEventListener("resize", () => {
  heights.clear();
  arrange();
});
addEventListener("hashchange", readAddress);
addEventListener("beforeprint", () => byId("printed-map").replaceChildren(...drawForPrint(tree)));
addEventListener("afterprint", () => byId("printed-map").replaceChildren());
readAddress();
