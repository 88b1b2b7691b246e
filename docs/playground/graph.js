// graph.js - the third tab: a formula as a graph, and how backward passes the derivative from node to node.
import {call, said} from "./engine.js";
import {get, set} from "./state.js";
import {make, shown, words} from "./text.js";
import {button, enable} from "./controls.js";

const columnWidth = 172;  // a box, and the edges to its right
let root, graph = null, step = 0, problem = null, drawn = [];

const field = (name) => root.querySelector(`[id="${name}"]`), fields = ["graph.formula", "graph.values"];
const stale = () => fields.some((name, k) => field(name).value !== drawn[k]);  // what was typed is not drawn yet

/** Does `work`; what the engine says against it is shown, and everything else is thrown on. */
function attempt(work) {
  try {
    work();
    problem = null;
  } catch (e) {
    if (!e.said) throw e;
    problem = e.said;
  }
}

/** Draws the formula of the state, and as many of its derivatives as there are. */
function draw() {
  drawn = fields.map(get);
  graph = null;
  step = 0;
  attempt(() => {
    graph = call("graph_start", ...drawn);
    const derive = get("graph.derive").split(",").filter((n) => n), done = [];
    try {
      for (const name of derive) graph = call("graph_differentiate", name), done.push(name);
    } finally {
      set("graph.derive", done.join(","));
    }
  });
  show();
}
/** Draws what was typed. */
function redraw() {
  fields.forEach((name) => set(name, field(name).value));
  set("graph.derive", "");
  draw();
}

function differentiate() {
  const name = root.querySelector("#graph-variable").value;
  if (stale()) redraw();
  if (!graph) return;
  attempt(() => {
    graph = call("graph_differentiate", graph.variables.some((v) => v.name === name) ? name : graph.variables[0].name);
    set("graph.derive", [...get("graph.derive").split(",").filter((n) => n), name].join(","));
    step = 0;
  });
  show();
}

/** "x" for a variable, "2" for a number, "f = add" for a result. */
const label = (node) => (node.op === "variable" ? node.name : node.op === "input" ? shown(node.value) : (node.name ? node.name + " = " : "") + node.op);

/** Where nodes stand: right of their inputs, and as near to their users as that allows. An edge that passes columns has a
    row of its own there, so that it crosses no node. */
function layout(nodes) {
  const inputs = nodes.map((node) => node.inputs.filter((i) => typeof i === "number")), users = nodes.map(() => []), column = [];
  inputs.forEach((of, k) => { column[k] = Math.max(0, ...of.map((i) => column[i] + 1)); of.forEach((i) => users[i].push(k)); });
  for (let k = nodes.length - 1; k >= 0; --k) if (users[k].length) column[k] = Math.min(...users[k].map((u) => column[u])) - 1;
  const last = (k) => Math.max(column[k], ...users[k].map((u) => column[u] - 1));  // the column where its edges end
  const rows = [];  // of each column: node -> row; also of the nodes whose edges pass
  for (let c = Math.max(...column); c >= 0; --c) {
    const next = rows[c + 1] ?? new Map();
    const wish = (k) => {
      const to = [...users[k].filter((u) => column[u] === c + 1), ...(last(k) > c ? [k] : [])].map((u) => next.get(u));
      return to.length ? to.reduce((a, b) => a + b) / to.length : Infinity;
    };
    const here = nodes.map((_, k) => k).filter((k) => column[k] <= c && c <= last(k));
    const wishes = new Map(here.map((k) => [k, wish(k)]));
    here.sort((a, b) => (wishes.get(a) === wishes.get(b) ? a - b : wishes.get(a) - wishes.get(b)));
    let row = -1;  // an edge that passes stays in its row where it can
    rows[c] = new Map(here.map((k) => [k, row = Math.max(row + 1, Number.isFinite(wishes.get(k)) ? Math.round(wishes.get(k)) : 0)]));
  }
  const tops = [10];  // a row without a node is low
  for (let row = 0; row <= Math.max(...rows.flatMap((r) => [...r.values()])); ++row)
    tops.push(tops[row] + (nodes.some((_, k) => rows[column[k]].get(k) === row) ? 84 : 24));
  const at = (k, c) => {
    const row = rows[c].get(k);
    return [c * columnWidth + 10, tops[row] - (tops[row + 1] - tops[row] < 84 ? 26 : 0)];
  };
  const paths = inputs.flatMap((of, to) => of.map((k) => {
    let [x, y] = at(k, column[k]), d = `M${x + 118},${y + 32}`;
    for (let c = column[k] + 1; c <= column[to]; ++c) {
      const [x1, y1] = at(c < column[to] ? k : to, c);
      d += ` C${x + 145},${y + 32} ${x1 - 27},${y1 + 32} ${x1},${y1 + 32}` + (c < column[to] ? ` H${x1 + 118}` : "");
      [x, y] = [x1, y1];
    }
    return {to, d};
  }));
  return {place: nodes.map((_, k) => at(k, column[k])), paths, width: rows.length * columnWidth, height: tops[tops.length - 1] + 6};
}

const opName = (node) => (["variable", "input"].includes(node.op) ? words("op_" + node.op) : node.op);

function showButtons() {
  const wait = stale();
  for (const [id, on] of [["forward", graph && step < graph.order.length], ["all", graph && step < graph.order.length], ["back", graph && step > 0], ["derive", graph]])
    enable(root.querySelector("#graph-" + id), wait || !!on);
}

function show() {
  const picture = root.querySelector("#graph-picture"), table = root.querySelector("#graph-table"), hint = root.querySelector("#graph-scroll");
  picture.replaceChildren();
  table.replaceChildren();
  showButtons();
  hint.hidden = true;
  root.querySelector("#graph-error").textContent = problem ? said(problem) : "";
  for (const id of ["graph-results", "graph-said", "graph-notes"]) root.querySelector("#" + id).textContent = "";
  if (!graph) return;
  const names = root.querySelector("#graph-variable"), before = names.value;
  names.replaceChildren(...graph.variables.map((v) => make("option", {value: v.name, selected: v.name === before}, v.name)));
  root.querySelector("#graph-results").textContent = graph.results.map((r) => `${r.name} = ${shown(r.value)}`).join(",  ");
  root.querySelector("#graph-notes").textContent = [...graph.notes.map(said), ...(graph.results.length > 1 ? [words("dashed")] : [])].join(" ");

  const {place, paths, width, height} = layout(graph.nodes);
  const svg = make("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words("tab_graph")});
  const done = new Set(graph.order.slice(0, step)), now = step > 0 ? graph.order[step - 1] : -1, parts = step > 0 ? graph.parts[step - 1] : [];
  const soFar = new Map(graph.parts.slice(0, step).flat().map((p) => [p.to, p.sum]));  // of a node, what it has got
  const gradient = (k) => (done.has(k) ? shown(graph.nodes[k].grad) : soFar.has(k) ? shown(soFar.get(k)) + " …" : "");
  for (const {to, d} of paths)
    svg.append(make("path", {d, fill: "none", stroke: to === now ? "#c62828" : "#99a", "stroke-width": to === now ? 3 : 1.5}));
  for (const {to, local} of parts) svg.append(make("text", {x: place[to][0] + 121, y: place[to][1] + 25, class: "local"}, "×" + brief(local)));
  graph.nodes.forEach((node, k) => {
    const [x, y] = place[k];
    const lines = [label(node), node.op === "input" ? "" : shown(node.value), gradient(k) && `∂ ${gradient(k)}`];
    const numbers = node.inputs.filter((i) => typeof i !== "number").map((i) => shown(i.number));
    if (numbers.length) lines[0] += ` [${numbers.join(", ")}]`;
    svg.append(make("rect", {x, y, width: 118, height: 64, rx: 8, fill: k === now ? "#ffcdd2" : done.has(k) ? "#e3f2fd" : k === graph.result ? "#fff8e1" : "#fff", stroke: "#667", "stroke-dasharray": node.derivative ? "5 3" : null}),
      ...lines.map((line, i) => make("text", {x: x + 6, y: y + 17 + 18 * i, ...(line.length > 15 ? {textLength: 106, lengthAdjust: "spacingAndGlyphs"} : {})}, line)),
      make("text", {x: x + 112, y: y + 35, "text-anchor": "end", class: "id"}, "v" + k));
  });
  picture.append(svg);
  const [left] = place[now < 0 ? graph.result : now];  // what is spoken of is in view
  picture.scrollTo(left - picture.clientWidth / 2 + 60, 0);
  hint.hidden = picture.scrollWidth <= picture.clientWidth + 1;

  table.append(make("thead", {}, make("tr", {}, ...["node", "op", "inputs", "value", "gradient"].map((key) => make("th", {scope: "col"}, words(key))))),
    make("tbody", {}, ...graph.nodes.map((node, k) => make("tr", k === now ? {class: "now", "aria-current": "step"} : {}, ...[
      `v${k}${node.name ? " " + node.name : ""}`, opName(node), node.inputs.map((i) => (typeof i === "number" ? "v" + i : shown(i.number))).join(", "), shown(node.value), gradient(k)].map((t) => make("td", {}, t))))));
  root.querySelector("#graph-said").textContent = step === 0 ? words("at_start") : spoken(now, parts) + (step === graph.order.length ? " " + words("at_end") : "");
}

/** What the rule of a node does: "Node v2, mul: its gradient 1 is complete. v0 gets 1 × 3 = 3." */
function spoken(now, parts) {
  const node = graph.nodes[now], g = shown(node.grad);
  if (!parts.length) return words("at_leaf", {n: "v" + now, name: node.name || node.op, g});
  const passed = parts.map(({to, local, part, sum}) => words("gets", {to: "v" + to, g, local: shown(local), part: shown(part)}) +
    (sum === part ? "" : words("gets_sum", {sum: shown(sum)})));
  return words("at_node", {n: "v" + now, op: node.op, g}) + " " + passed.join(words("semicolon")) + words("stop");
}
const brief = (x) => (typeof x === "number" ? String(+x.toPrecision(3)) : shown(x));

export function build(element) {
  root = element;
  const input = (name, key) => make("label", {}, make("span", {"data-text": key}), make("input", {type: "text", id: name, value: get(name), size: 28, autocomplete: "off", autocapitalize: "off", spellcheck: "false",
    oninput: showButtons, onkeydown: (e) => { if (e.key === "Enter") redraw(); }}));
  const move = (to) => () => {
    if (stale()) redraw();
    if (!graph) return;
    step = Math.max(0, Math.min(graph.order.length, to()));
    show();
  };
  root.classList.add("graph");
  root.replaceChildren(
    make("p", {"data-text": "graph_note"}),
    make("div", {class: "controls"}, input("graph.formula", "formula"), input("graph.values", "values"), button("draw", redraw, {class: "main", id: "graph-draw"}),
      make("label", {}, make("span", {"data-text": "derive"}), make("select", {id: "graph-variable"})), button("derive_go", differentiate, {id: "graph-derive"})),
    make("p", {class: "error", id: "graph-error", role: "alert"}),
    make("p", {class: "numbers", id: "graph-results"}),
    make("p", {class: "hint", id: "graph-notes"}),
    make("div", {class: "row actions"}, button("step_back", move(() => step - 1), {id: "graph-back"}), button("step_forward", move(() => step + 1), {id: "graph-forward", class: "main"}), button("step_all", move(() => graph.order.length), {id: "graph-all"})),
    make("p", {id: "graph-said", "aria-live": "polite"}),
    make("p", {id: "graph-scroll", class: "hint", "data-text": "scroll_hint", hidden: true}),
    make("div", {class: "network scroll", id: "graph-picture", tabindex: 0, role: "group", "data-label": "tab_graph"}),
    make("div", {class: "scroll"}, make("table", {id: "graph-table"})));
  draw();
}
export const relabel = () => show();
export const stop = () => {};
