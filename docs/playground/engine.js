// engine.js - the functions of playground.cpp, compiled to WebAssembly.
import load from "./playground.js";
import {words} from "./text.js";

let module;
const functions = {};

export async function start() { module = await load(); }

/** A text that JavaScript has by its name: {key, what, column}. */
export const said = ({key, what, column}) => (column ? words("column", {column}) : "") + words(key, {what});

/** Calls a function that returns JSON. An error that it reports is thrown; its `said` is a text in both languages. */
export function call(name, ...values) {
  const types = values.map((value) => (typeof value === "string" ? "string" : "number"));
  functions[name + types] ??= module.cwrap(name, "string", types);
  const result = JSON.parse(functions[name + types](...values));
  if (result?.error?.key) throw Object.assign(new Error(said(result.error)), {said: result.error});
  if (result?.error) throw new Error(result.error.replace(/^minigrad: /, ""));
  return result;
}
/** Calls a function that returns a text. */
export const text = (name) => module.ccall(name, "string", [], []);
export const number = (name, ...values) => module.ccall(name, "number", values.map(() => "number"), values);
/** Calls a function that returns the address of `count` floats, which are read before the next call. */
export function floats(name, count, ...values) {
  const at = number(name, ...values) >> 2;
  return module.HEAPF32.subarray(at, at + count);
}
