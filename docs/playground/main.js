// main.js - the tabs, the language, and the address.
import {start} from "./engine.js";
import {get, readAddress, set} from "./state.js";
import {setLanguage, words} from "./text.js";
import * as lecture from "./lecture.js";
import * as classify from "./classify.js";
import * as graph from "./graph.js";

const tabs = {lecture, classify, graph}, names = Object.keys(tabs);
const built = new Set();  // a tab that was left goes on where it was
const find = (id) => document.getElementById(id);
let alarm = () => "";  // the text of the alert, in the language of the page

function alert(text) {
  alarm = text;
  find("alert").textContent = text();
}

/** Shows the tab and the language of the state. */
function show() {
  const chosen = get("tab");
  for (const [name, tab] of Object.entries(tabs)) {
    const button = find("tab-" + name);
    button.setAttribute("aria-selected", String(name === chosen));
    button.tabIndex = name === chosen ? 0 : -1;
    find(name).hidden = name !== chosen;
    if (name !== chosen) tab.stop();
  }
  setLanguage(get("language"));
  find("language").value = get("language");
  find("alert").textContent = alarm();
  if (built.has(chosen)) tabs[chosen].relabel();
  else tabs[chosen].build(find(chosen));
  built.add(chosen);
}

function open(name, focus = false) {
  set("tab", name, true);
  show();
  if (focus) find("tab-" + name).focus();
}

function read() {
  const {refused, changed} = readAddress();
  for (const name of names.filter(changed)) tabs[name].stop(), built.delete(name);
  alert(() => (refused.length ? words("refused", {what: refused.join(", ")}) : ""));
}

names.forEach((name, k) => {
  const button = find("tab-" + name);
  button.addEventListener("click", () => open(name));
  button.addEventListener("keydown", (e) => {
    const to = {ArrowRight: k + 1, ArrowLeft: k + names.length - 1, Home: 0, End: names.length - 1}[e.key];
    if (to !== undefined) open(names[to % names.length], true);
  });
});
find("language").addEventListener("change", (e) => { set("language", e.target.value); show(); });
find("copy-link").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    find("status").textContent = words("link_copied");
  } catch {
    find("status").textContent = words("link_is", {link: location.href});
  }
});
window.addEventListener("hashchange", () => { read(); show(); });
let width = innerWidth;  // a phone changes the height whenever it hides its own bars
window.addEventListener("resize", () => {
  if (innerWidth === width || !built.has(get("tab"))) return;
  width = innerWidth;
  tabs[get("tab")].relabel();
});
for (const kind of ["error", "unhandledrejection"])
  window.addEventListener(kind, (e) => alert(() => words("failed", {what: (e.error ?? e.reason)?.message ?? e.message})));

read();
setLanguage(get("language"));
await start();
find("status").dataset.text = "ready";
show();
document.body.dataset.ready = "true";
