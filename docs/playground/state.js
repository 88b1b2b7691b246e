// state.js - everything that was chosen, in the address of the page: #tab=graph&graph.formula=x*x
const whole = (low, high) => (v) => Number.isInteger(v) && v >= low && v <= high;
const between = (low, high) => (v) => v >= low && v <= high;
const written = (form) => (v) => v.length <= 500 && form.test(v);
const rate = between(1e-6, 10), seed = whole(0, 1e6), flag = whole(0, 1);

/** What each part is by default, and which values it takes. */
const parts = {
  tab: ["lecture", written(/^(lecture|classify|graph)$/)],
  language: [location.pathname.includes("/zh-TW/") || (navigator.language || "en").startsWith("zh") ? "zh-TW" : "en", written(/^(en|zh-TW)$/)],
  "lecture.features": [1, whole(1, 7)], "lecture.model": [0, whole(0, 2)], "lecture.width": [16, whole(1, 256)], "lecture.scale": [1, flag],
  "lecture.adam": [0, flag], "lecture.lr": [0.05, rate], "lecture.batch": [0, whole(0, 1000)], "lecture.seed": [0, seed],
  "classify.data": [0, whole(0, 3)], "classify.classes": [2, whole(2, 6)], "classify.noise": [0, between(0, 0.5)], "classify.share": [0.5, between(0.1, 0.9)],
  "classify.batch": [10, whole(1, 500)], "classify.features": [3, whole(1, 127)], "classify.activation": [0, whole(0, 3)], "classify.penalty": [0, whole(0, 2)],
  "classify.rate": [0.001, rate], "classify.lr": [0.1, rate], "classify.seed": [0, seed], "classify.hidden": ["4,2", written(/^([1-8](,[1-8]){0,5})?$/)],
  "classify.tests": [1, flag], "classify.discrete": [0, flag],
  "graph.formula": ["x*y + sin(x)", written(/^/)], "graph.values": ["x=2,y=3", written(/^/)], "graph.derive": ["", written(/^/)],
};
const state = {};

/** Reads the address; gives what was not understood, and of which tabs anything changed. */
export function readAddress() {
  const before = {...state}, refused = [];
  for (const [name, [value]] of Object.entries(parts)) state[name] = value;
  for (const [name, text] of new URLSearchParams(location.hash.slice(1))) {
    const [usual, takes] = parts[name] ?? [];
    const value = typeof usual === "number" && text.trim() !== "" ? Number(text) : text;
    if (typeof value === typeof usual && takes(value)) state[name] = value;
    else refused.push(`${name}=${text}`.slice(0, 60));
  }
  return {refused, changed: (tab) => Object.keys(parts).some((name) => name.startsWith(tab + ".") && state[name] !== before[name])};
}
export const get = (name) => state[name];
/** `step`: a step of its own in the browser's history. */
export function set(name, value, step = false) {
  if (state[name] === value) return;
  state[name] = value;
  const changed = new URLSearchParams();
  for (const [key, one] of Object.entries(state)) if (one !== parts[key][0]) changed.set(key, one);
  history[step ? "pushState" : "replaceState"](null, "", "#" + changed);
}
