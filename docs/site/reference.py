"""The reference: a page for each class and each set of overloads, from the doc comments of the headers.

Doxygen reads the headers and writes XML; this reads the XML. What a page says comes from the header alone: the signature,
the comment, and of the comment what is said of shapes, exceptions and cost. The example is the shortest tested block of
the book that uses the name, with what it prints.
"""
import html
import os
import re
import textwrap
import xml.etree.ElementTree as xml

# Names that a user never writes, though they are not in namespace detail.
HIDDEN = {"operator<<", "what", "swap"}


def escaped(text):
    """Prose, for Markdown: a lambda, [](auto x), looks like a link there, and Tensor<T> like a tag."""
    return text.replace("](", "]&#40;").replace("<", "&lt;")


def tidy(code):
    """What Doxygen writes as Tensor< T > &x, as the headers write it: Tensor<T>& x."""
    before = None
    while code != before:
        before, code = code, re.sub(r"(\w)< ([^<>]*(?:<[^<> ]*>[^<>]*)*) >", r"\1<\2>", code)
    return re.sub(r"([\w>]) ([&*]+)(\.\.\.)?(?=[\w ]) ?", r"\1\2\3 ", code)


def text_of(element):
    """The text of an XML element as Markdown: paragraphs, lists, code."""
    if element is None:
        return ""
    out = []

    def walk(node, inside_code=False):
        tag = node.tag
        before, after = "", ""
        if tag == "para":
            after = "\n\n"
        elif tag == "computeroutput" and not inside_code:
            before = after = "`"
        elif tag in ("verbatim", "preformatted", "programlisting"):
            before, after = "\n\n```cpp\n", "\n```\n\n"
        elif tag == "itemizedlist":
            before = after = "\n"
        elif tag == "listitem":
            before = "- "
        elif tag == "sp":
            out.append(" ")
        elif tag == "codeline":
            after = "\n"
        elif tag == "simplesect":
            before = {"see": "See also ", "return": "Returns "}.get(node.get("kind"), "")
        elif tag == "ulink":
            before, after = "[", "](" + node.get("url") + ")"
        elif tag == "bold":
            before = after = "**"
        elif tag == "emphasis":
            before = after = "*"
        elif tag == "linebreak":
            before = "\n"
        out.append(before)
        code = inside_code or tag in ("computeroutput", "verbatim", "preformatted", "programlisting")
        add = out.append if code else lambda text: out.append(escaped(text))
        if node.text:
            add(node.text)
        for child in node:
            walk(child, code)
            if child.tail:
                add(child.tail)
        out.append(after)

    walk(element)
    text = re.sub(r"(?<=```cpp\n)(.*?)\s*\n```", lambda m: textwrap.dedent(m.group(1)) + "\n```", "".join(out), flags=re.S)
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def described(member):
    return "\n\n".join(t for t in (text_of(member.find("briefdescription")), text_of(member.find("detaileddescription"))) if t)


def plain(element):
    return "" if element is None else re.sub(r"\s+", " ", "".join(element.itertext())).strip()


def sentences(text):
    """The sentences of prose: blocks of code are left out."""
    prose = re.sub(r"```.*?```", " ", text, flags=re.S)
    prose = re.sub(r"\s+", " ", prose)
    return [s.strip() for s in re.split(r"(?<=[.:;]) (?=[A-Z`\[])", prose) if s.strip()]


def chosen(text, pattern):
    return " ".join(s for s in sentences(text) if re.search(pattern, s))


class Member:
    def __init__(self, node):
        self.kind = node.get("kind")
        self.name = node.findtext("name")
        self.documentation = described(node)
        self.template = ", ".join(
            (plain(p.find("type")) + " " + (p.findtext("declname") or p.findtext("defname") or "")).strip()
            for p in node.findall("templateparamlist/param"))
        self.type = plain(node.find("type"))
        self.arguments = node.findtext("argsstring") or ""
        self.parameters = [(plain(p.find("type")), p.findtext("declname") or "", plain(p.find("defval")))
                           for p in node.findall("param")]
        self.requires = plain(node.find("requiresclause"))
        self.initializer = plain(node.find("initializer"))
        location = node.find("location")
        self.file, self.line = location.get("file"), int(location.get("line"))
        self.deleted = "=delete" in self.arguments.replace(" ", "")

    def signature(self):
        lines = []
        if self.template:
            lines.append("template <" + self.template + ">")
        if self.requires:
            lines.append("  requires " + self.requires)
        if self.kind == "typedef":
            return tidy("\n".join(lines + ["using %s = %s;" % (self.name, self.type)]))
        head = (self.type + " " if self.type else "") + self.name
        if self.kind == "function":
            head += self.arguments
        elif self.kind == "variable" and self.initializer and len(self.initializer) < 60:
            head += " " + self.initializer
        lines.append(head + ";")
        return tidy("\n".join(lines))


def read(folder):
    """The classes and the free members of namespace minigrad."""
    classes, free = {}, {}
    index = xml.parse(os.path.join(folder, "index.xml")).getroot()
    for entry in index.findall("compound"):
        if entry.get("kind") not in ("class", "struct", "namespace", "concept"):
            continue
        compound = xml.parse(os.path.join(folder, entry.get("refid") + ".xml")).getroot().find("compounddef")
        name = compound.findtext("compoundname")
        if entry.get("kind") == "namespace":
            if name != "minigrad" and name != "minigrad::init":
                continue
            for node in compound.iter("memberdef"):
                member = Member(node)
                prefix = "init::" if name.endswith("init") else ""
                if "detail" not in (node.findtext("definition") or ""):
                    free.setdefault(prefix + member.name, []).append(member)
        elif name.startswith("minigrad::") and compound.get("prot") != "private" and "<" not in name:
            members = [Member(node) for node in compound.iter("memberdef")
                       if node.get("prot") == "public" and node.get("kind") != "friend"]
            location = compound.find("location")
            classes[name[len("minigrad::"):]] = (described(compound), members, location.get("file"), compound.get("kind"))
    return classes, free


def file_text(path, cache={}):
    if path not in cache:
        with open(path, encoding="utf-8") as file:
            cache[path] = file.read().split("\n")
    return cache[path]


def nearby(member, include):
    """A comment beside a line belongs to all that the line declares. One that stands above a group of overloads belongs to
    all of them: without a blank line between."""
    lines = file_text(os.path.join(include, member.file))
    beside = re.search(r"///<\s*(.*)", lines[member.line - 1])
    if beside:
        return escaped(beside.group(1))
    at = member.line - 2
    while at >= 0 and lines[at].strip() and not re.match(r"\s*(///|class |struct |public:|private:)", lines[at]):
        at -= 1
    comment = []
    while at >= 0 and re.match(r"\s*///", lines[at]):
        comment.insert(0, re.sub(r"^  (?=[^ -])", "    ", re.sub(r"\s*///<? ?", "", lines[at])))  # see Doxyfile
        at -= 1
    return "".join(part if part.startswith("`") else escaped(part) for part in re.split(r"(`[^`]*`)", "\n".join(comment)))


def examples(pages):
    """All tested blocks of the book with their output: (page, code, output)."""
    out = []
    for page, text in pages:
        for match in re.finditer(r"```cpp\n(.*?)```(\s*```text\n(.*?)```)?", text, flags=re.S):
            if match.group(3) or "// prints:" in match.group(1):
                out.append((page, match.group(1), match.group(3) or ""))
    return out


def example_of(name, blocks):
    short = name.split("::")[-1]
    fitting = [b for b in blocks if re.search(r"(?<![\w.])" + re.escape(short) + r"\s*[<({]", b[1])]
    if not fitting:
        fitting = [b for b in blocks if re.search(r"\b" + re.escape(short) + r"\b", b[1])]
    return min(fitting, key=lambda b: len(b[1])) if fitting else None


def since(name, changelog):
    """The first version whose part of CHANGELOG.md names it."""
    found = "0.1.0"
    for part in re.split(r"^## ", changelog, flags=re.M)[1:]:
        version = part.split()[0]
        added = re.split(r"^### ", part, flags=re.M)
        for section in added:
            if section.startswith("Added") and re.search(r"`[^`]*\b" + re.escape(name.split("::")[-1]) + r"\b", section):
                found = version
    return found


def page(name, documentation, signatures, members, header, blocks, changelog, kind):
    out = ["# " + html.escape(name), ""]
    out.append("*%s* · [%s](rooms/%s.md) · `#include <minigrad/%s>` · [source](../../include/minigrad/%s) · since %s\n" %
               (kind, header.split("/")[0], header.split("/")[0], header, header, since(name, changelog)))
    if signatures:
        out.append("```cpp\n" + "\n\n".join(signatures) + "\n```\n")
    out.append(documentation + "\n")

    parameters, seen = [], set()
    for member in members:
        for kind_of, argument, default in member.parameters:
            kind_of = tidy(kind_of + " ").strip()
            if argument and argument not in seen:
                seen.add(argument)
                parameters.append("| `%s` | `%s` | %s |" %
                                  (argument, kind_of.replace("|", "\\|"), "`" + default.replace("|", "\\|") + "`" if default else ""))
    if parameters and signatures:
        out.append("## Parameters\n\n| name | type | default |\n| --- | --- | --- |\n" + "\n".join(parameters) + "\n")
    if signatures:
        shapes = chosen(documentation, r"\[[^\]]*[,\w][^\]]*\]|\bshapes?\b|\baxis\b|\baxes\b")
        throws = chosen(documentation, r"\b[Tt]hrows?\b|\w+Error\b")
        cost = chosen(documentation, r"\bO\(|\bcosts?\b|\bcopies\b|\bcopy\b|\ballocat")
        returns = sorted({tidy(m.type + " ").strip() for m in members if m.kind == "function" and m.type})
        if shapes:
            out.append("## Shapes\n\n" + shapes + "\n")
        if returns:
            out.append("## Returns\n\n" + ", ".join("`" + r + "`" for r in returns) + "\n")
        out.append("## Exceptions\n\n" + (throws or "The comment names none.") + "\n")
        if cost:
            out.append("## Cost\n\n" + cost + "\n")
    block = example_of(name, blocks)
    if block:
        source, code, output = block
        out.append("## Example\n\n```cpp\n" + code.rstrip() + "\n```\n")
        if output:
            out.append("```text\n" + output.rstrip() + "\n```\n")
        out.append("From [%s](../../%s); the tests run it.\n" % (os.path.basename(source)[:-3], source))
    return "\n".join(out)


def write(folder, include, out, pages, changelog):
    """Writes the pages into the folder `out`, and gives the entries of an index and the undocumented public names."""
    classes, free = read(folder)
    blocks = examples(pages)
    entries, undocumented = [], []
    os.makedirs(out, exist_ok=True)

    def header_of(path):
        return path.split("minigrad/", 1)[1] if path.startswith("minigrad/") else path

    def save(name, header, text, documentation):
        file = re.sub(r"[^\w]+", "_", name.replace("operator", "operator_") if name.startswith("operator") else name)
        if name.startswith("operator"):
            file = "operator_" + "_".join(str(ord(c)) for c in name[len("operator"):])
        if file == "index":  # that is the page which lists them all
            file = "index_"
        with open(os.path.join(out, file + ".md"), "w", encoding="utf-8") as page_file:
            page_file.write(text)
        entries.append((name, file + ".md", header, (sentences(documentation) or [""])[0]))

    for name, (documentation, members, file, kind) in sorted(classes.items()):
        header = header_of(file)
        if not documentation:
            undocumented.append((header, name))
        text = [page(name, documentation, [], members, header, blocks, changelog, kind)]
        groups = {}
        for member in members:
            if member.deleted or member.name in HIDDEN or member.name.startswith("~"):
                continue
            groups.setdefault(member.name, []).append(member)
        if groups:
            text.append("## Members\n")
        short = name.split("::")[-1]
        for member_name, overloads in groups.items():
            words = []
            for member in overloads:
                comment = member.documentation or nearby(member, include)
                if comment and " ".join(comment.split()) not in [" ".join(w.split()) for w in words]:
                    words.append(comment)
            inherited = all(m.kind == "function" and not m.type for m in overloads)  # using Base::Base;
            trivial = member_name in ("value_type", short) or member_name.startswith("operator") or inherited
            if not words and not trivial:
                undocumented.append((header, name + "::" + member_name))
            text.append("### %s\n\n```cpp\n%s\n```\n\n%s\n" %
                        (html.escape(member_name), "\n\n".join(m.signature() for m in overloads), "\n\n".join(words)))
        save(name, header, "\n".join(text), documentation)

    for name, members in sorted(free.items()):
        members = [m for m in members if not m.deleted]
        specialized = "<" in name and not name.startswith("operator")
        if not members or specialized or name in HIDDEN or name in classes or members[0].kind in ("friend",):
            continue
        words = []
        for member in members:
            comment = member.documentation or nearby(member, include)
            if comment and " ".join(comment.split()) not in [" ".join(w.split()) for w in words]:
                words.append(comment)
        if not words and members[0].kind == "variable":  # the only value of a type: its comment says what it is for
            words = [classes[t][0] for t in re.findall(r"\w+", members[0].type) if t in classes]
        header = header_of(members[0].file)
        if not words and not name.startswith("operator"):
            undocumented.append((header, name))
        text = "\n\n".join(words)
        save(name, header, page(name, text, [m.signature() for m in members], members, header, blocks, changelog,
                                members[0].kind), text)
    return entries, undocumented
