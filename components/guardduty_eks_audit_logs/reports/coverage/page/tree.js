// What was read: columns, facts, accounts, and the tree of units that holds them.

const UNIT_UNKNOWN = "(unit not known)";
const NAME_UNKNOWN = "(name not known)";
const NO_NAME = "(no name)";

const STATUSES = {
  "": ["any", () => true],
  gap: ["gap", (fact) => fact.gap],
  on: ["on", (fact) => fact.state === "ENABLED"],
  off: ["off", (fact) => fact.state === "DISABLED" || fact.state === "SUSPENDED"],
  suspended: ["suspended", (fact) => fact.detector === "suspended"],
  unknown: ["unknown", (fact) => fact.status === "UNKNOWN"],
  unread: ["could not be read", (fact) => fact.unread],
  none: ["not offered", (fact) => fact.status === "NOT_OFFERED"],
  control: ["failure of GuardDuty.5", (fact) => fact.guardduty5],
};

const FACT = [
  "status", "membership", "detector", "wanted", "decidedBy", "pending", "trialDays", "reason",
  "unread", "gap", "guardduty5", "readAt",
]; // the order of packed.py

const byId = (id) => document.getElementById(id);
const packed = JSON.parse(byId("coverage").textContent);
const columns = packed.columns.map(([label, readAt, reason]) => ({ label, readAt, reason }));
const facts = packed.facts.map((values) => {
  const fact = Object.fromEntries(values.map((value, place) => [FACT[place], value]));
  const { status, detector, membership, decidedBy, pending, reason, gap } = fact;
  // What is suspended is not watched, though AWS holds it as on.
  const state = status === "ENABLED" && detector === "suspended" ? "SUSPENDED" : status;
  return { ...fact, state, text: [membership, decidedBy, pending, reason, gap].join("\n").toLowerCase() };
});
const accounts = packed.accounts.map(([id, name, unit, rows]) => ({
  id, name, unit, rows, text: [id, name ?? "", unit ?? ""].join("\n").toLowerCase(),
}));

function newUnit(label, parent, key) {
  return {
    kind: "unit", key, label, parent, level: parent ? parent.level + 1 : 0, number: 0,
    units: new Map(), accounts: [],
    counts: columns.map(() => ({ all: 0, on: 0, unknown: 0, gap: 0, unread: 0 })),
  };
}

function smallerUnit(unit, label, key) {
  if (!unit.units.has(key)) unit.units.set(key, newUnit(label, unit, key));
  return unit.units.get(key);
}

/** Adds one account's rows to what a unit counts. */
function count(unit, account) {
  unit.number += 1;
  account.rows.forEach((place, column) => {
    const fact = facts[place];
    if (!fact || fact.status === "NOT_OFFERED") return;
    const counted = unit.counts[column];
    counted.all += 1;
    if (fact.state === "ENABLED") counted.on += 1;
    if (fact.status === "UNKNOWN") counted.unknown += 1;
    if (fact.gap) counted.gap += 1;
    if (fact.unread) counted.unread += 1;
  });
}

/** Makes the tree of units. Accounts beside smaller units get a group of their own. */
function makeTree() {
  const top = newUnit("", null, "");
  const homes = accounts.map((account) => {
    const path = account.unit === null ? [UNIT_UNKNOWN] : account.unit.split("/");
    return path.reduce((unit, part) => smallerUnit(unit, part || NO_NAME, `${unit.key}/${part}`), top);
  });
  accounts.forEach((account, place) => {
    let home = homes[place];
    if (home.units.size) home = smallerUnit(home, `directly in ${home.label}`, `${home.key}//`);
    home.accounts.push({
      kind: "account", key: `${home.key}/${account.id}`, account, parent: home,
      level: home.level + 1,
    });
    for (let unit = home; unit; unit = unit.parent) count(unit, account);
  });
  return top;
}

/**
 * Makes a function that counts the rows of an account that pass the filters.
 *
 * Each word has to be in what is known of the account or of its row in one region.
 */
function makeTest({ words, status, membership, differences, among }) {
  const every = 2 ** words.length - 1;
  const found = (text) => words.reduce((bits, word, n) => (text.includes(word) ? bits | (1 << n) : bits), 0);
  const ofStatus = (STATUSES[status] ?? STATUSES[""])[1];
  const foundInFact = facts.map((fact) => {
    const passes =
      ofStatus(fact) &&
      (!membership || fact.membership === membership) &&
      (!differences || fact.gap || fact.unread);
    return passes ? found(fact.text) : -1;
  });
  return (account) => {
    const inAccount = found(account.text);
    return among.filter((column) => {
      const inFact = foundInFact[account.rows[column]] ?? -1;
      return inFact >= 0 && (inAccount | inFact) === every;
    }).length;
  };
}

/** Lists the units and accounts with rows that pass, from top to bottom, as far as they are open. */
function listed(tree, test, isOpen) {
  let accountsThatPass = 0;
  let rowsThatPass = 0;
  const passing = (unit) => {
    const found = [...unit.units.values()].map(passing).filter(({ number }) => number);
    const mine = [];
    for (const node of unit.accounts) {
      const rows = test(node.account);
      rowsThatPass += rows;
      if (rows) mine.push({ node, number: 1, found: [] });
    }
    accountsThatPass += mine.length;
    const number = found.reduce((sum, inside) => sum + inside.number, mine.length);
    return { node: unit, number, found: [...found, ...mine] };
  };
  const items = [];
  const add = ({ node, number, found }, place, { length }) => {
    const open = isOpen(node);
    items.push({ node, number, open, position: place + 1, of: length });
    if (!open) return;
    if (node.kind === "account") {
      const details = { kind: "details", key: `${node.key}/details`, parent: node, level: node.level + 1 };
      items.push({ node: details, position: 1, of: 1 });
    }
    found.forEach(add);
  };
  passing(tree).found.forEach(add);
  return { items, accountsThatPass, rowsThatPass };
}
