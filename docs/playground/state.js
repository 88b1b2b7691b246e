// state.js - everything that was chosen, in the address of the page: #tab=graph&graph.formula=x*x
const defaults = {
  tab: "lecture", language: location.pathname.includes("/zh-TW/") || (navigator.language || "en").startsWith("zh") ? "zh-TW" : "en",
  "lecture.features": 1, "lecture.model": 0, "lecture.width": 16, "lecture.scale": 1, "lecture.adam": 0, "lecture.lr": 0.05,
  "lecture.batch": 0, "lecture.seed": 0,
  "classify.data": 0, "classify.classes": 2, "classify.noise": 0, "classify.share": 0.5, "classify.batch": 10, "classify.features": 3,
  "classify.activation": 0, "classify.penalty": 0, "classify.rate": 0.001, "classify.lr": 0.1, "classify.seed": 0, "classify.hidden": "4,2",
  "graph.formula": "x*y + sin(x)", "graph.values": "x=2,y=3", "graph.derive": "",
};
const state = {...defaults};

export function readAddress() {
  Object.assign(state, defaults);
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    if (!(name in defaults)) continue;
    state[name] = typeof defaults[name] === "number" ? (Number.isFinite(+value) ? +value : defaults[name]) : value;
  }
}
export const get = (name) => state[name];
export function set(name, value) {
  state[name] = value;
  const changed = new URLSearchParams();
  for (const [key, one] of Object.entries(state)) if (one !== defaults[key]) changed.set(key, one);
  history.replaceState(null, "", "#" + changed);
}
