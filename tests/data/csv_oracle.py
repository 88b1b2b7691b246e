"""Writes random CSV files and number texts, and what Python's csv module and float make of them.

    python3 tests/data/csv_oracle.py [SEED FILES NUMBERS] > cases.txt

csv_oracle_test.cpp compares; csv_oracle.txt beside it is what this writes without arguments. One record a line; texts are
in hexadecimal, `-` is the empty one.
    file SEP QUOTE SKIPINITIALSPACE TEXT COLUMNS FIELD...   the fields of all rows, the header first
    file SEP QUOTE SKIPINITIALSPACE TEXT refused            a file that minigrad refuses, and documents that it does
    number TEXT VALUE                                       float's value, as float.hex() writes it
    number TEXT refused
"""

import csv
import io
import random
import re
import sys


def hexadecimal(text):
    return text.encode().hex() or "-"


def random_file(rng):
    sep = rng.choice(",,,;\t|")
    quote = rng.choice("\"\"\"'")
    skip = rng.random() < 0.2
    pieces = ["a", "b", "1", "2.5", " ", "é", "課", sep, quote, quote * 2, quote + sep + quote, "x y", "", "\n", "\r\n"]
    lines = []
    columns = rng.randint(1, 4)
    for row in range(rng.randint(1, 5)):
        fields = []
        for _ in range(columns):
            content = "".join(rng.choice(pieces) for _ in range(rng.randint(0, 3)))
            if row == 0:
                content += f"n{len(fields)}"  # the names must be there, and unique
            style = rng.random()
            if style < 0.45 or any(c in content for c in sep + quote + "\r\n") and style < 0.95:
                content = quote + content.replace(quote, quote * 2) + quote
            fields.append(rng.choice(["", " "]) * skip + content)
        if rng.random() < 0.03:
            fields.append("more")
        lines.append(sep.join(fields))
    text = rng.choice(["\n", "\r\n"]).join(lines) + rng.choice(["", "\n", "\r\n", "\n\n"])
    return sep, quote, skip, text


def strict_rows(sep, quote, skip, text):
    """The rows of the csv module, or None where minigrad's documentation says that it refuses the file: csv is strict
    about quotes when it is told so. Here rows must also be equally long and not blank, and names unique and not empty."""
    # Quotes within an unquoted field, which csv takes as text.
    other, at, start = re.escape(quote), 0, True
    while at < len(text):
        if start and skip:
            while text[at : at + 1] == " ":
                at += 1
        if start and text[at : at + 1] == quote:
            closed = re.compile(f"{other}(?:[^{other}]|{other}{other})*{other}", re.S).match(text, at)
            if closed is None:
                return None
            at = closed.end()
            if at < len(text) and text[at] not in sep + "\r\n":
                return None
        elif text[at : at + 1] == quote:
            return None
        start = text[at : at + 1] in (sep, "\n")
        at += 1
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=sep, quotechar=quote, skipinitialspace=skip,
                           strict=True))
    while rows and rows[-1] == []:
        rows.pop()  # blank lines at the end
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    if "" in rows[0] or len(set(rows[0])) < len(rows[0]):
        return None
    return rows


def random_number(rng):
    kind = rng.random()
    if kind < 0.3:
        return repr(rng.uniform(-1, 1) * 10.0 ** rng.randint(-320, 308))
    if kind < 0.5:
        return str(rng.randint(-(10 ** rng.randint(1, 25)), 10 ** rng.randint(1, 25)))
    if kind < 0.6:
        return f"{rng.uniform(-1000, 1000):.{rng.randint(0, 20)}f}"
    if kind < 0.7:
        return f"{rng.uniform(-1, 1):.{rng.randint(0, 25)}e}"
    if kind < 0.75:
        return rng.choice(["", " "]) + repr(rng.random()) + rng.choice(["", " ", "\t"])
    return "".join(rng.choice("0123456789.eE+-, _x") for _ in range(rng.randint(1, 8)))


def number_value(text):
    """float's value, or None for what minigrad refuses: nan, inf and numbers beyond a double, and 1_000."""
    try:
        value = float(text)
    except ValueError:
        return None
    return None if "_" in text or value != value or value in (float("inf"), float("-inf")) else value


def main():
    seed, files, numbers = (int(word) for word in sys.argv[1:]) if len(sys.argv) > 1 else (1, 200, 400)
    rng = random.Random(seed)
    for _ in range(files):
        sep, quote, skip, text = random_file(rng)
        rows = strict_rows(sep, quote, skip, text)
        fields = ["refused"] if rows is None else [len(rows[0])] + [hexadecimal(f) for row in rows for f in row]
        print("file", hexadecimal(sep), hexadecimal(quote), int(skip), hexadecimal(text), *fields)
    for _ in range(numbers):
        text = random_number(rng)
        value = number_value(text)
        print("number", hexadecimal(text), "refused" if value is None else value.hex())


main()
