// browser.mjs ADDRESS SITE PICTURES: looks at the pages of the built site in Chromium, wide and narrow, and searches in
// both languages. Prints a line for each fault.
import { chromium } from "playwright-core";
import fs from "node:fs";
import path from "node:path";

const [address, site, pictures] = process.argv.slice(2);
const pagesIn = (folder) => fs.readdirSync(path.join(site, folder))
  .filter((name) => fs.existsSync(path.join(site, folder, name, "index.html"))).map((name) => folder + name + "/");
const written = ["", "zh-TW/"].flatMap((language) => [language, ...pagesIn(language)])
  .filter((page) => !/^(zh-TW\/)?(playground|source)\/$/.test(page));
const names = pagesIn("reference/");
const pages = [...new Set(written), ...pagesIn("reference/rooms/"), ...names.filter((_, k) => k % 30 === 0)];

// What a reader would see at once. Runs in the page.
function faultsOfPage() {
  const out = [], width = document.documentElement.clientWidth, article = document.querySelector("article");
  if (document.documentElement.scrollWidth > width + 1) out.push(`is ${document.documentElement.scrollWidth} wide`);
  const scrolls = (element) => {
    for (let e = element; e && e !== document.body; e = e.parentElement)
      if (/auto|scroll/.test(getComputedStyle(e).overflowX)) return true;
    return false;
  };
  for (const e of article.querySelectorAll("pre > code, table, img, .arithmatex"))
    if (e.getBoundingClientRect().right > width + 1 && !scrolls(e)) out.push(`cuts off a ${e.tagName}: ${e.textContent.slice(0, 60)}`);
  for (const e of article.querySelectorAll("img")) {
    if (!e.complete || !e.naturalWidth) out.push(`has a broken picture ${e.src}`);
    if (!e.alt) out.push(`has a picture without text ${e.src}`);
  }
  for (const e of article.querySelectorAll("[data-mml-node=merror]")) out.push(`has a wrong formula: ${e.textContent}`);
  const texts = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode.data;
    if (texts.currentNode.parentElement.closest("pre, code, script, style, mjx-container, svg")) continue;
    if (/\\[([]|\\[a-z]{3,}|\$\$|\$[\w\\]|\*\*|`|\]\(|<!--|&[a-z]+;|^\s*\|.*\|\s*$/.test(text))
      out.push(`shows what should be converted: ${text.trim().slice(0, 60)}`);
  }
  let level = 0;
  for (const e of article.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (Number(e.tagName[1]) > level + 1) out.push(`has a ${e.tagName} below an h${level}: ${e.textContent}`);
    level = Number(e.tagName[1]);
  }
  if (article.querySelectorAll("h1").length !== 1) out.push("has not one h1");
  return out;
}

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
let faults = 0, place = "";
const fault = (text) => { ++faults; console.log(`${place}: ${text}`); };
for (const width of [1200, 390]) {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) fault(message.text()); });
  page.on("pageerror", (error) => fault(String(error)));
  page.on("request", (request) => { if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) fault(`asks ${request.url()}`); });
  page.on("response", (response) => { if (response.status() >= 400) fault(`${response.status()} for ${response.url()}`); });
  for (const name of pages) {
    place = `${name || "start"} at ${width}`;
    await page.goto(address + name, { waitUntil: "load" });
    await page.evaluate(() => window.MathJax?.startup?.promise);
    for (const text of await page.evaluate(faultsOfPage)) fault(text);
    if (pictures) await page.screenshot({ path: `${pictures}/${name.replaceAll("/", "_") || "start"}.${width}.png` });
  }
  await page.close();
}
console.log(`${pages.length} pages looked at, wide and narrow`);

// What is searched for, and a page that must be among the first results.
const searches = [
  ["", "value_and_grad", "value_and_grad/"], ["", "learning rate", "8-optim/"],
  ["zh-TW/", "梯度下降", "8-optim/"], ["zh-TW/", "訓練資料", "examples/"], ["zh-TW/", "驗證", "examples/"],
  ["zh-TW/", "參數", "3-graph/"], ["zh-TW/", "損失", "7-nn/"], ["zh-TW/", "學習率", "8-optim/"], ["zh-TW/", "DataLoader", "9-data/"],
];
for (const [language, words, wanted] of searches) {
  place = `search for ${words}`;
  const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  await page.goto(address + language, { waitUntil: "load" });
  await page.locator(".md-search__input").click();
  await page.locator(".md-search__input").fill(words);
  await page.locator(".md-search__input").press("End");  // the theme searches at the end of a key
  await page.waitForSelector(".md-search-result__link", { timeout: 20000 }).catch(() => {});
  await page.waitForTimeout(500);
  const found = await page.evaluate(() => [...document.querySelectorAll(".md-search-result__link")].map((e) => [e.getAttribute("href"), e.innerText]));
  const marked = await page.evaluate(() => [...new Set([...document.querySelectorAll(".md-search-result mark")].map((e) => e.textContent))]);
  const rank = found.findIndex(([link]) => link.includes(wanted));
  console.log(`${words}: ${found.length} results, ${wanted} at ${rank + 1}; marked: ${marked.slice(0, 4).join(" ")}`);
  if (rank < 0) fault(`${wanted} is not among the results: ${found.slice(0, 8).map(([link]) => link).join(" ")}`);
  if (language && !marked.some((mark) => mark.toLowerCase() === words.toLowerCase())) fault("the words are not marked");
  await page.close();
}
// Nothing is found by characters in another order.
{
  place = "search for what is nowhere";
  const page = await browser.newPage();
  await page.goto(address + "zh-TW/", { waitUntil: "load" });
  await page.locator(".md-search__input").click();
  await page.locator(".md-search__input").fill("度梯降下");
  await page.locator(".md-search__input").press("End");
  await page.waitForTimeout(2000);
  const count = await page.locator(".md-search-result__link").count();
  if (count) fault(`${count} results`);
}
await browser.close();
console.log(`[site] test cases: ${pages.length + searches.length + 1} | ${faults} faults`);
process.exit(faults ? 1 : 0);
