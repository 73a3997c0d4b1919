// How rows look: in the heat map, in the details of an account, in print.
// Names are set as text, never as HTML.

const NOT_A_MEMBER = "not a member";
const WORDS = { ENABLED: "on", DISABLED: "off", SUSPENDED: "suspended", UNKNOWN: "unknown", NOT_OFFERED: "not offered" };
const SHORT = { ENABLED: "on", DISABLED: "off", SUSPENDED: "susp.", UNKNOWN: "?", NOT_OFFERED: "–" };
const KINDS = { ENABLED: "on", DISABLED: "off", SUSPENDED: "off", UNKNOWN: "unknown", NOT_OFFERED: "none" };
const ROOMY_COLUMNS = 6; // so many leave room for longer texts
const CELLS_IN_PRINT = 1200;

/** Makes an element with a class and text. */
function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

const written = (number) => number.toLocaleString("en");

/** How one account in one region is shown: its class, a short text, a sentence. */
function accountCell(fact) {
  if (!fact) return { kind: "none", text: "", sentence: "no row" };
  const word = WORDS[fact.state];
  if (fact.gap) {
    const short = fact.gap === NOT_A_MEMBER ? "out" : SHORT[fact.state];
    return { kind: "gap", text: `▲ ${short}`, sentence: `${word}, gap: ${fact.gap}` };
  }
  if (fact.unread) return { kind: "unread", text: "!", sentence: `could not be read: ${fact.reason}` };
  const why = fact.reason || fact.decidedBy;
  return {
    kind: KINDS[fact.state], text: SHORT[fact.state], sentence: why ? `${word}: ${why}` : word,
  };
}

/** The same of a unit: how many of its accounts are on, and how many are gaps. Unknown is not off. */
function unitCell({ all, on, unknown, gap, unread }, roomy) {
  if (!all) return { kind: "none", text: "–", sentence: "not offered, or no account" };
  const exact = `${on}/${all}${unread ? "?" : ""}`;
  const share = `${Math.floor((1000 * on) / all) / 10}%${unread ? "?" : ""}`;
  const number = exact.length <= (roomy ? 12 : 6) ? exact : share;
  const text = roomy && gap ? `${number} ▲ ${written(gap)}` : number;
  const said = [`${written(on)} of ${written(all)} on`];
  if (gap) said.push(gap === 1 ? "1 gap" : `${written(gap)} gaps`);
  if (unknown) said.push(`${written(unknown)} unknown`);
  if (unread) said.push(`${written(unread)} could not be read`);
  const known = unknown < all;
  return {
    kind: gap ? "gap" : unread ? "unread" : known ? "share" : "unknown",
    text: known ? text : "?",
    sentence: said.join(", "),
    heat: 100 * Math.sqrt(gap / all || unread / all || (on / all) ** 2), // also a few gaps of many show
  };
}

/** Makes the element of a cell. */
function drawCell(tag, { kind, text, heat }) {
  const made = element(tag, `cell ${kind}`, text);
  if (heat !== undefined) made.style.setProperty("--heat", `${heat}%`);
  return made;
}

/** Makes the row of column heads. */
function drawHead(shownColumns) {
  const row = element("div", "row");
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", 1);
  const heads = shownColumns.map((column) => {
    const { label, reason, readAt } = columns[column];
    const head = element("div", reason ? "column unread" : "column", reason ? `! ${label}` : label);
    head.title = reason ? `${label} could not be read: ${reason}` : `${label}, read at ${readAt}`;
    return head;
  });
  row.append(element("div", "name", "unit, account"), ...heads);
  for (const head of row.children) head.setAttribute("role", "columnheader");
  return row;
}

function drawName({ node, number }) {
  const name = element("div", "name");
  name.setAttribute("role", "rowheader");
  if (node.kind === "unit") {
    const all = written(node.number);
    const some = number === node.number ? all : `${written(number)} of ${all}`;
    name.append(element("bdi", "", node.label), element("span", "", some));
  } else {
    const { id, name: own } = node.account;
    name.append(element("bdi", "", own === null ? NAME_UNKNOWN : own || NO_NAME), element("span", "", id));
  }
  name.title = name.firstChild.textContent;
  return name;
}

/** Makes a row of the heat map: a unit, an account, or an account's details. */
function drawRow(item, shownColumns) {
  const { node, open, position, of } = item;
  const row = element("div", `row ${node.kind}`);
  row.setAttribute("role", "row");
  row.setAttribute("aria-level", node.level);
  row.setAttribute("aria-posinset", position);
  row.setAttribute("aria-setsize", of);
  row.style.setProperty("--level", node.level - 1);
  if (node.kind === "details") {
    row.append(drawDetails(node.parent.account, shownColumns));
    return row;
  }
  row.setAttribute("aria-expanded", open);
  row.append(drawName(item));
  const roomy = shownColumns.length <= ROOMY_COLUMNS;
  for (const column of shownColumns) {
    const said = node.kind === "unit"
      ? unitCell(node.counts[column], roomy)
      : accountCell(facts[node.account.rows[column]]);
    const cell = drawCell("div", said);
    cell.setAttribute("role", "gridcell");
    cell.title = `${columns[column].label}: ${said.sentence}`;
    cell.setAttribute("aria-label", cell.title);
    row.append(cell);
  }
  return row;
}

/** Makes the details of one account; regions that say the same stand together. */
function drawDetails(account, shownColumns) {
  const panel = element("div", "panel");
  panel.setAttribute("role", "gridcell");
  const whole = element("p", "whole");
  whole.append(
    element("b", "", account.id),
    element("bdi", "", account.name ?? NAME_UNKNOWN),
    element("bdi", "", account.unit ?? UNIT_UNKNOWN),
  );
  const groups = new Map();
  for (const column of shownColumns) {
    const fact = facts[account.rows[column]];
    if (!fact) continue;
    const key = JSON.stringify({ ...fact, readAt: "" });
    if (!groups.has(key)) groups.set(key, { fact, labels: [], times: [] });
    groups.get(key).labels.push(columns[column].label);
    groups.get(key).times.push(fact.readAt);
  }
  const weight = ({ fact }) => (fact.gap ? 2 : fact.unread ? 1 : 0);
  const inOrder = [...groups.values()].sort((one, other) => weight(other) - weight(one));
  panel.append(whole, ...inOrder.map(drawGroup));
  return panel;
}

/** Makes one line of the details. */
function drawGroup({ fact, labels, times }) {
  const line = element("div", `group ${accountCell(fact).kind}`);
  times.sort();
  const wanted = fact.wanted && `, wanted ${WORDS[fact.wanted]}`;
  const said = [
    [labels.length > 1 ? `${labels.length} regions` : "region", labels.join(", ")],
    ["EKS audit logs", `${WORDS[fact.state]}${wanted}`],
    ["gap", fact.gap],
    [fact.unread ? "could not be read" : "reason", fact.reason],
    ["decided by", fact.decidedBy],
    ["pending", fact.pending],
    ["membership", fact.membership],
    ["detector", fact.detector],
    ["trial", fact.trialDays === null ? "" : `${fact.trialDays} days left`],
    ["GuardDuty.5", fact.guardduty5 ? "failed" : ""],
    ["read at", times[0] === times.at(-1) ? times[0] : `${times[0]} to ${times.at(-1)}`],
  ];
  for (const [name, text] of said.filter(([, value]) => value)) {
    const part = element("p", name === "gap" ? "why" : "");
    part.append(element("b", "", name), text);
    line.append(part);
  }
  return line;
}

/** Makes the table of units for print, as deep as there is room in the document. */
function drawForPrint(tree) {
  const levels = [];
  const visit = (unit) => {
    (levels[unit.level] ??= []).push(unit);
    unit.units.forEach(visit);
  };
  visit(tree);
  const rowsDownTo = (depth) => levels.slice(1, depth + 1).flat().length;
  let depth = levels.length - 1;
  while (depth > 1 && rowsDownTo(depth) * (columns.length + 2) > CELLS_IN_PRINT) depth -= 1;
  const roomy = columns.length <= ROOMY_COLUMNS;
  const table = element("table");
  const head = table.createTHead().insertRow(); // repeated on each sheet
  head.append(element("th", "name", "unit"));
  head.append(...columns.map(({ label }) => element("th", "column", label)));
  const rows = table.createTBody();
  const add = (unit) => {
    if (unit.level > depth) return;
    const row = element("tr");
    const name = element("th", "name", unit.label);
    name.style.setProperty("--level", unit.level - 1);
    row.append(name, ...unit.counts.map((counted) => drawCell("td", unitCell(counted, roomy))));
    rows.append(row);
    unit.units.forEach(add);
  };
  tree.units.forEach(add);
  const rest = levels.length - 1 > depth ? "Smaller units are counted in those above them." : "";
  return [element("h2", "", "Units"), table, element("p", "", rest)];
}
