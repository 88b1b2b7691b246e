"""Checks every link of a built site: the file must be there, and the anchor on its page. Links to other hosts are not
followed."""
import html.parser
import os
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.anchors = [], set()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        for name in ("id", "name"):
            if attributes.get(name):
                self.anchors.add(attributes[name])
        for name in ("href", "src"):
            if attributes.get(name):
                self.links.append(attributes[name])


def read_all(site):
    out = {}
    for folder, _, names in os.walk(site):
        for name in names:
            if name.endswith(".html"):
                path = os.path.join(folder, name)
                page = Page()
                with open(path, encoding="utf-8") as file:
                    page.feed(file.read())
                out[path] = page
    return out


def pages(site):
    return len(read_all(site))


def check(site):
    """A line for each link that leads nowhere."""
    faults = []
    all_pages = read_all(site)
    for path, page in all_pages.items():
        if os.path.basename(path) == "404.html":  # its links are those of the root
            continue
        for link in set(page.links):
            parts = urllib.parse.urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            file = urllib.parse.unquote(parts.path)
            if not file:
                target = path
            else:
                base = site if file.startswith("/") else os.path.dirname(path)
                target = os.path.normpath(os.path.join(base, file.lstrip("/")))
            if os.path.isdir(target):
                target = os.path.join(target, "index.html")
            where = os.path.relpath(path, site)
            if not os.path.exists(target):
                faults.append("%s: the link %s leads nowhere" % (where, link))
            elif parts.fragment and target in all_pages and urllib.parse.unquote(parts.fragment) not in all_pages[target].anchors:
                faults.append("%s: the link %s names an anchor that is not there" % (where, link))
    return sorted(faults)
