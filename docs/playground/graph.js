// graph.js - the third tab: a formula as a graph, and how backward passes the derivative from node to node.
import {call} from "./engine.js";
import {get, set} from "./state.js";
import {make, shown, words} from "./text.js";
import {button} from "./controls.js";

let root, graph = null, step = 0;

function draw() {
  try {
    graph = call("graph_start", get("graph.formula"), get("graph.values"));
    for (const name of get("graph.derive").split(",").filter((n) => n)) graph = call("graph_differentiate", name);
    error("");
  } catch (e) {
    graph = null;
    error(e.message);
  }
  step = 0;
  show();
}
const error = (text) => { root.querySelector("#graph-error").textContent = text; };

function differentiate() {
  const name = root.querySelector("#graph-variable").value;
  try {
    graph = call("graph_differentiate", name);
    set("graph.derive", [...get("graph.derive").split(",").filter((n) => n), name].join(","));
    error("");
  } catch (e) {
    error(e.message);
  }
  step = 0;
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
    return [c * 150 + 10, tops[row] - (tops[row + 1] - tops[row] < 84 ? 26 : 0)];
  };
  const paths = inputs.flatMap((of, to) => of.map((k) => {
    let [x, y] = at(k, column[k]), d = `M${x + 118},${y + 32}`;
    for (let c = column[k] + 1; c <= column[to]; ++c) {
      const [x1, y1] = at(c < column[to] ? k : to, c);
      d += ` C${x + 138},${y + 32} ${x1 - 20},${y1 + 32} ${x1},${y1 + 32}` + (c < column[to] ? ` H${x1 + 118}` : "");
      [x, y] = [x1, y1];
    }
    return {to, d};
  }));
  return {place: nodes.map((_, k) => at(k, column[k])), paths, width: rows.length * 150, height: tops[tops.length - 1] + 6};
}

function show() {
  const picture = root.querySelector("#graph-picture"), table = root.querySelector("#graph-table");
  picture.replaceChildren();
  table.replaceChildren();
  for (const id of ["graph-forward", "graph-all"]) root.querySelector("#" + id).disabled = !graph || step >= graph.order.length;
  root.querySelector("#graph-back").disabled = !graph || step === 0;
  for (const id of ["graph-results", "graph-said"]) root.querySelector("#" + id).textContent = "";
  if (!graph) return;
  const names = root.querySelector("#graph-variable"), before = names.value;
  names.replaceChildren(...graph.variables.map((v) => make("option", {value: v.name, selected: v.name === before}, v.name)));
  root.querySelector("#graph-results").textContent = graph.results.map((r) => `${r.name} = ${shown(r.value)}`).join(",  ");

  const {place, paths, width, height} = layout(graph.nodes);
  const svg = make("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words("tab_graph")});
  const done = new Set(graph.order.slice(0, step)), now = step > 0 ? graph.order[step - 1] : -1;
  for (const {to, d} of paths)
    svg.append(make("path", {d, fill: "none", stroke: to === now ? "#c62828" : "#99a", "stroke-width": to === now ? 3 : 1.5}));
  graph.nodes.forEach((node, k) => {
    const [x, y] = place[k];
    const lines = [label(node), node.op === "input" ? "" : shown(node.value), done.has(k) ? `∂ ${shown(node.grad)}` : ""];
    const numbers = node.inputs.filter((i) => typeof i !== "number").map((i) => shown(i.number));
    if (numbers.length) lines[0] += ` [${numbers.join(", ")}]`;
    svg.append(make("rect", {x, y, width: 118, height: 64, rx: 8, fill: k === now ? "#ffcdd2" : done.has(k) ? "#e3f2fd" : k === graph.result ? "#fff8e1" : "#fff", stroke: "#667"}),
      ...lines.map((line, i) => make("text", {x: x + 6, y: y + 17 + 18 * i, ...(line.length > 15 ? {textLength: 106, lengthAdjust: "spacingAndGlyphs"} : {})}, line)),
      make("text", {x: x + 112, y: y + 35, "text-anchor": "end", class: "id"}, "v" + k));
  });
  picture.append(svg);
  const [left] = place[now < 0 ? graph.result : now];  // what is spoken of is in view
  picture.scrollTo(left - picture.clientWidth / 2 + 60, 0);

  table.append(make("thead", {}, make("tr", {}, ...["node", "op", "inputs", "value", "gradient"].map((key) => make("th", {scope: "col"}, words(key))))),
    make("tbody", {}, ...graph.nodes.map((node, k) => make("tr", k === now ? {class: "now", "aria-current": "step"} : {}, ...[
      `v${k}${node.name ? " " + node.name : ""}`, node.op, node.inputs.map((i) => (typeof i === "number" ? "v" + i : shown(i.number))).join(", "), shown(node.value), done.has(k) ? shown(node.grad) : ""].map((t) => make("td", {}, t))))));
  const said = root.querySelector("#graph-said");
  if (step === 0) said.textContent = words("at_start");
  else {
    const node = graph.nodes[now], to = node.inputs.filter((i) => typeof i === "number" && graph.order.includes(i)).map((i) => "v" + i).join(", ");
    said.textContent = to ? words("at_node", {n: "v" + now, op: node.op, g: shown(node.grad), to}) : words("at_leaf", {n: "v" + now, name: node.name || node.op, g: shown(node.grad)});
    if (step === graph.order.length) said.textContent += " " + words("at_end");
  }
}

export function build(element) {
  root = element;
  const field = (name, key) => make("label", {}, make("span", {"data-text": key}), make("input", {type: "text", id: name, value: get(name), size: 28, autocomplete: "off", spellcheck: "false",
    onchange: (e) => { set(name, e.target.value); }, onkeydown: (e) => { if (e.key === "Enter") start(); }}));
  const start = () => {
    for (const name of ["graph.formula", "graph.values"]) set(name, root.querySelector(`[id="${name}"]`).value);
    set("graph.derive", "");
    draw();
  };
  const move = (to) => () => { step = Math.max(0, Math.min(graph.order.length, to())); show(); };
  root.classList.add("graph");
  root.replaceChildren(
    make("p", {"data-text": "graph_note"}),
    make("div", {class: "controls"}, field("graph.formula", "formula"), field("graph.values", "values"), button("draw", start, {class: "main", id: "graph-draw"}),
      make("label", {}, make("span", {"data-text": "derive"}), make("select", {id: "graph-variable"})), button("derive_go", differentiate, {id: "graph-derive"})),
        make("p", {class: "error", id: "graph-error", role: "alert"}),
    make("p", {class: "numbers", id: "graph-results"}),
    make("div", {class: "row actions"}, button("step_back", move(() => step - 1), {id: "graph-back"}), button("step_forward", move(() => step + 1), {id: "graph-forward", class: "main"}), button("step_all", move(() => graph.order.length), {id: "graph-all"})),
    make("p", {id: "graph-said", "aria-live": "polite"}),
    make("div", {class: "network scroll", id: "graph-picture"}),
    make("div", {class: "scroll"}, make("table", {id: "graph-table"})));
  draw();
}
export const stop = () => {};
