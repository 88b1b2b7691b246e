"""Builds the book as a site: build.py ROOT OUT.

OUT/pages/LANGUAGE   the pages that mkdocs reads: those of docs/, README, the sources that they link, the reference
OUT/site             the site: English at its root, Traditional Chinese in zh-TW/; each page also as Markdown, and llms.txt
"""
import glob
import json
import os
import re
import shutil
import subprocess
import sys

import yaml

import links
import reference

root, out = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
here = os.path.join(root, "docs", "site")

LANGUAGES = {
    "en": {"readme": "README.md", "docs": "docs", "name": "minigrad",
           "home": "minigrad", "looking_up": "To look things up", "chapters": "The book", "language": "en",
           "playground": "Playground"},
    "zh-TW": {"readme": "README.zh-TW.md", "docs": "docs/zh-TW", "name": "minigrad 中文",
              "home": "minigrad", "looking_up": "查閱", "chapters": "全書", "language": "zh-TW",
              "playground": "遊樂場"},
}


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class Pages:
    """The pages of one language. A link to a file of the project becomes a link to its page, which is made then."""

    def __init__(self, language):
        self.words = LANGUAGES[language]
        self.language = language
        self.folder = os.path.join(out, "pages", language)
        self.waiting = []   # files of the project that are linked and have no page yet
        self.places = {}    # of a file of the project: its page
        shutil.rmtree(self.folder, ignore_errors=True)

    def place(self, path):
        """The page of a file or folder of the project."""
        if path in self.places:
            return self.places[path]
        full = os.path.join(root, path)
        if not os.path.exists(full):
            return None
        if re.search(r"\.(svg|png|jpg)$", path):
            place = "images/" + os.path.basename(path)
            os.makedirs(os.path.join(self.folder, "images"), exist_ok=True)
            shutil.copy(full, os.path.join(self.folder, place))
        else:
            place = "source/" + path.strip("/") + ("/index.md" if os.path.isdir(full) else ".md")
            self.waiting.append(path)
        self.places[path] = place
        return place

    def add(self, path, place):
        self.places[path] = place

    def convert(self, path, place, text):
        """The text of a Markdown file of the project as that of a page."""
        other_home = {"README.zh-TW.md": "zh-TW/"} if self.language == "en" else {"README.md": "../"}

        def target(match):
            label, link = match.group(1), match.group(2)
            if re.match(r"[a-z]+:", link) or link.startswith("#"):
                return match.group(0)
            file, _, anchor = link.partition("#")
            source = os.path.normpath(os.path.join(os.path.dirname(path), file))
            if place == "index.md" and source in other_home:
                return label + "(" + other_home[source] + ")"
            to = self.place(source)
            if to is None:
                sys.exit("%s: links to %s, which is not there" % (path, link))
            return label + "(" + os.path.relpath(to, os.path.dirname(place) or ".") + ("#" + anchor if anchor else "") + ")"

        parts = re.split(r"(```.*?```)", text, flags=re.S)
        for k in range(0, len(parts)):
            if parts[k].startswith("```math"):
                parts[k] = "$$" + parts[k][len("```math"):-3] + "$$"
            elif not parts[k].startswith("```"):
                parts[k] = re.sub(r"(\[(?:[^\[\]]|\[[^\]]*\])*\])\(([^)\s]+)\)", target, parts[k])
        return "".join(parts)

    def put(self, path, place):
        write(os.path.join(self.folder, place), self.convert(path, place, read(os.path.join(root, path))))

    def put_sources(self):
        while self.waiting:
            path = self.waiting.pop()
            full, place = os.path.join(root, path), self.places[path]
            if os.path.isdir(full):
                names = sorted(n for n in os.listdir(full) if not n.startswith("."))
                lines = ["# " + path, ""]
                for name in names:
                    child = os.path.join(path, name)
                    if os.path.isdir(os.path.join(full, name)) or re.search(r"\.(hpp|cpp|sh|md|csv|txt|cmake)$", name):
                        lines.append("- [%s](%s)" % (name, os.path.relpath(self.place(child), os.path.dirname(place))))
                write(os.path.join(self.folder, place), "\n".join(lines) + "\n")
            elif path.endswith(".md"):
                self.put(path, place)
            else:
                kind = {".hpp": "cpp", ".cpp": "cpp", ".sh": "sh", ".cmake": "cmake"}.get(os.path.splitext(path)[1], "text")
                text = read(full)
                if len(text) > 200000:
                    text = text[:200000] + "\n...\n"
                write(os.path.join(self.folder, place), "# %s\n\n````%s\n%s\n````\n" % (path, kind, text.rstrip()))


def chapters(docs):
    """The numbered pages of a folder in their order, and the others."""
    names = [n for n in os.listdir(os.path.join(root, docs)) if n.endswith(".md") and n != "index.md"]
    numbered = sorted((n for n in names if re.match(r"\d+-", n)), key=lambda n: int(n.split("-")[0]))
    return numbered, sorted(n for n in names if n not in numbered)


def title(path):
    return re.search(r"^# (.*)$", read(os.path.join(root, path)), flags=re.M).group(1)


def build(language):
    pages = Pages(language)
    words = pages.words
    if not os.path.exists(os.path.join(root, words["readme"])):
        return False
    docs = words["docs"]
    numbered, others = chapters(docs)
    places = [(words["readme"], "index.md"), (docs + "/index.md", "book.md")] + [(docs + "/" + n, n) for n in numbered + others]
    places = [(path, place) for path, place in places if os.path.exists(os.path.join(root, path))]
    for path, place in places:
        pages.add(path, place)
    if language == "en":
        pages.add("CHANGELOG.md", "changelog.md")
    for path, place in places:
        pages.put(path, place)
    nav = [{words["home"]: "index.md"}]
    story = [n for n in others if n == "examples.md"]  # what the lecture tells, before the rooms
    others = [n for n in others if n not in story]
    in_book = [{title(docs + "/" + n): n} for n in story + numbered]
    if os.path.exists(os.path.join(root, docs, "index.md")):
        in_book.insert(0, {words["chapters"]: "book.md"})
    nav.append({words["chapters"]: in_book})
    if others:
        nav.append({words["looking_up"]: [{title(docs + "/" + n): n} for n in others]})
    listed, undocumented = [], []
    if language == "en":
        pages.put("CHANGELOG.md", "changelog.md")
        nav[-1][words["looking_up"]].append({"Changes": "changelog.md"})
        listed, undocumented = put_reference(pages, nav, [n for n in numbered + others])
        nav.append({"Source": "source/include/minigrad/index.md"})
        pages.place("include/minigrad")
    pages.put_sources()
    playground = os.path.join(root, "build", "playground")
    if os.path.exists(os.path.join(playground, "playground.wasm")):
        shutil.copytree(playground, os.path.join(pages.folder, "playground"), ignore=shutil.ignore_patterns("include"))
        nav.insert(1, {words["playground"]: "playground/index.html"})

    for name in ("math.js", "site.css"):
        os.makedirs(os.path.join(pages.folder, "assets"), exist_ok=True)
        shutil.copy(os.path.join(here, name), os.path.join(pages.folder, "assets"))
    mathjax = os.path.join(out, "mathjax", "package", "es5", "tex-svg.js")
    os.makedirs(os.path.join(pages.folder, "assets", "mathjax"), exist_ok=True)
    shutil.copy(mathjax, os.path.join(pages.folder, "assets", "mathjax"))

    settings = yaml.safe_load(read(os.path.join(here, "mkdocs.yml")))
    settings["site_name"] = words["name"]
    settings["docs_dir"] = pages.folder
    settings["site_dir"] = os.path.join(out, "site") if language == "en" else os.path.join(out, "site", language)
    settings["theme"]["language"] = words["language"]
    settings["nav"] = [n for n in nav if n]
    settings["strict"] = True
    settings["plugins"] = [{"search": {"lang": ["en"]}}]
    english, chinese = ("./", "zh-TW/") if language == "en" else ("../", "./")
    settings["extra"] = {"alternate": [{"name": "English", "link": english, "lang": "en"},
                                       {"name": "繁體中文", "link": chinese, "lang": "zh-TW"}]}
    write(os.path.join(out, "mkdocs." + language + ".yml"), yaml.safe_dump(settings, allow_unicode=True))
    subprocess.run(["mkdocs", "build", "-q", "-f", os.path.join(out, "mkdocs." + language + ".yml")], check=True)
    # What is searched for is explained in the book and the reference; the sources would come first, and make the index large.
    index = os.path.join(settings["site_dir"], "search", "search_index.json")
    found = json.loads(read(index))
    found["docs"] = [page for page in found["docs"] if not page["location"].startswith("source/")]
    write(index, json.dumps(found, ensure_ascii=False, separators=(",", ":")))
    if language == "zh-TW":
        (worker,) = glob.glob(os.path.join(settings["site_dir"], "assets/javascripts/workers/search.*.js"))
        write(worker, read(os.path.join(here, "search.js")) + read(worker))
    put_markdown(pages, settings["site_dir"], words, settings["nav"] + [{"Names": listed}] * bool(listed))
    return undocumented


def label(name):
    """A name as the text of a link: operator*, operator[]."""
    return re.sub(r"[^\w: ]", lambda m: "&#%d;" % ord(m.group(0)), name)


def put_reference(pages, nav, docs):
    doxygen = os.path.join(out, "doxygen")
    shutil.rmtree(doxygen, ignore_errors=True)
    os.makedirs(doxygen)
    doxyfile = read(os.path.join(here, "Doxyfile")) + "\nINPUT = %s\nOUTPUT_DIRECTORY = %s\nWARN_LOGFILE = %s\nSTRIP_FROM_PATH = %s\n" % (
        os.path.join(root, "include/minigrad"), doxygen, os.path.join(doxygen, "warnings"), os.path.join(root, "include"))
    write(os.path.join(doxygen, "Doxyfile"), doxyfile)
    subprocess.run(["doxygen", os.path.join(doxygen, "Doxyfile")], check=True)
    texts = [("docs/" + n, read(os.path.join(root, "docs", n))) for n in docs] + [("README.md", read(os.path.join(root, "README.md")))]
    folder = os.path.join(out, "reference")
    shutil.rmtree(folder, ignore_errors=True)
    entries, undocumented = reference.write(os.path.join(doxygen, "xml"), os.path.join(root, "include"), folder, texts,
                                            read(os.path.join(root, "CHANGELOG.md")))
    rooms = re.findall(r"^// (\w+): ", read(os.path.join(root, "include/minigrad/minigrad.hpp")), flags=re.M)
    rooms += sorted({e[2].split("/")[0] for e in entries} - set(rooms))
    lines = ["# Reference", "", "A page for each class and each set of overloads, by the rooms of the library.", ""]
    by_room, listed = [], []
    for room in rooms:
        of_room = sorted((e for e in entries if e[2].split("/")[0] == room), key=lambda e: e[0].lower())
        if not of_room:
            continue
        lines.append("- [%s](rooms/%s.md): %s" % (room, room, ", ".join("[%s](%s)" % (label(e[0]), e[1]) for e in of_room)))
        table = ["# Reference: " + room, "", "| name | |", "| --- | --- |"]
        for name, file, header, summary in of_room:
            table.append("| [%s](../%s) | %s |" % (label(name), file, summary.replace("|", "\\|")))
        pages.add("docs/reference/rooms/%s.md" % room, "reference/rooms/%s.md" % room)
        write(os.path.join(pages.folder, "reference/rooms", room + ".md"), "\n".join(table) + "\n")
        by_room.append({room: "reference/rooms/%s.md" % room})
        listed.append({room: [{e[0]: "reference/" + e[1]} for e in of_room]})
    write(os.path.join(pages.folder, "reference/index.md"), "\n".join(lines))
    for name, file, header, summary in entries:
        # The pages of the reference link as if they stood in docs/reference.
        text = read(os.path.join(folder, file))
        write(os.path.join(pages.folder, "reference", file), pages.convert("docs/reference/" + file, "reference/" + file, text))
    # Hundreds of names in the navigation of every page would make each page ten times as large.
    nav.append({"Reference": ["reference/index.md"] + by_room})
    warnings = [w for w in read(os.path.join(doxygen, "warnings")).split("\n") if "warning:" in w]
    return listed, ["%s: %s has no doc comment" % one for one in undocumented] + warnings


def put_markdown(pages, site, words, nav):
    """Each page as Markdown beside it, and llms.txt, which lists them for machines."""
    for folder, _, names in os.walk(pages.folder):
        for name in names:
            if name.endswith(".md"):
                to = os.path.join(site, os.path.relpath(os.path.join(folder, name), pages.folder))
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy(os.path.join(folder, name), to)
    lines = ["# minigrad", "", "> Automatic differentiation and neural networks in C++20 headers.", ""]

    def walk(items, level):
        for item in items:
            for name, value in (item.items() if isinstance(item, dict) else [("Index", item)]):
                if isinstance(value, list):
                    lines.extend(["", "#" * level + " " + name, ""])
                    walk(value, level + 1)
                else:
                    lines.append("- [%s](%s)" % (name, value))

    walk(nav, 2)
    write(os.path.join(site, "llms.txt"), "\n".join(lines) + "\n")


faults = []
for language in LANGUAGES:
    found = build(language)
    faults += found or []
faults += links.check(os.path.join(out, "site"))
for fault in faults:
    print(fault)
print("%d pages, %d faults" % (links.pages(os.path.join(out, "site")), len(faults)))
sys.exit(1 if faults else 0)
