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

/** "x (v0)" for a variable, "2 (v3)" for a number, "f = add (v4)" for a result. */
const label = (node, k) => {
  const text = node.op === "variable" ? node.name : node.op === "input" ? shown(node.value) : (node.name ? node.name + " = " : "") + node.op;
  return `${text} (v${k})`;
};

function show() {
  const picture = root.querySelector("#graph-picture"), table = root.querySelector("#graph-table");
  picture.replaceChildren();
  table.replaceChildren();
  for (const id of ["graph-forward", "graph-all"]) root.querySelector("#" + id).disabled = !graph || step >= graph.order.length;
  root.querySelector("#graph-back").disabled = !graph || step === 0;
  if (!graph) return;
  const names = root.querySelector("#graph-variable"), before = names.value;
  names.replaceChildren(...graph.variables.map((v) => make("option", {value: v.name, selected: v.name === before}, v.name)));
  root.querySelector("#graph-results").textContent = graph.results.map((r) => `${r.name} = ${shown(r.value)}`).join(",  ");

  // A node stands right of its inputs.
  const depth = [], rows = [];
  graph.nodes.forEach((node, k) => { depth[k] = Math.max(0, ...node.inputs.filter((i) => typeof i === "number").map((i) => depth[i] + 1)); });
  const place = graph.nodes.map((_, k) => { rows[depth[k]] = (rows[depth[k]] ?? -1) + 1; return [depth[k] * 150 + 10, rows[depth[k]] * 84 + 10]; });
  const width = (Math.max(...depth) + 1) * 150, height = (Math.max(...rows.filter((r) => r !== undefined)) + 1) * 84 + 10;
  const svg = make("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words("tab_graph")});
  const done = new Set(graph.order.slice(0, step)), now = step > 0 ? graph.order[step - 1] : -1;
  graph.nodes.forEach((node, k) => node.inputs.forEach((i) => {
    if (typeof i !== "number") return;
    const [x0, y0] = place[i], [x1, y1] = place[k], on = k === now;
    svg.append(make("path", {d: `M${x0 + 118},${y0 + 32} C${x0 + 138},${y0 + 32} ${x1 - 20},${y1 + 32} ${x1},${y1 + 32}`, fill: "none", stroke: on ? "#c62828" : "#99a", "stroke-width": on ? 3 : 1.5}));
  }));
  graph.nodes.forEach((node, k) => {
    const [x, y] = place[k];
    const lines = [label(node, k), shown(node.value), done.has(k) ? `∂ ${shown(node.grad)}` : ""];
    const numbers = node.inputs.filter((i) => typeof i !== "number").map((i) => shown(i.number));
    if (numbers.length) lines[0] += ` [${numbers.join(", ")}]`;
    svg.append(make("rect", {x, y, width: 118, height: 64, rx: 8, fill: k === now ? "#ffcdd2" : done.has(k) ? "#e3f2fd" : k === graph.result ? "#fff8e1" : "#fff", stroke: "#667"}),
      ...lines.map((line, i) => make("text", {x: x + 6, y: y + 17 + 18 * i}, line)));
  });
  picture.append(svg);

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
    make("div", {class: "controls"}, field("graph.formula", "formula"), field("graph.values", "values"), button("draw", start, {class: "main", id: "graph-draw"}),
      make("label", {}, make("span", {"data-text": "derive"}), make("select", {id: "graph-variable"})), button("derive_go", differentiate, {id: "graph-derive"})),
    make("p", {"data-text": "graph_note"}),
    make("p", {class: "error", id: "graph-error", role: "alert"}),
    make("p", {class: "numbers", id: "graph-results"}),
    make("div", {class: "row"}, button("step_back", move(() => step - 1), {id: "graph-back"}), button("step_forward", move(() => step + 1), {id: "graph-forward", class: "main"}), button("step_all", move(() => graph.order.length), {id: "graph-all"})),
    make("p", {id: "graph-said", "aria-live": "polite"}),
    make("div", {class: "network scroll", id: "graph-picture"}),
    make("div", {class: "scroll"}, make("table", {id: "graph-table"})));
  draw();
}
export const stop = () => {};
