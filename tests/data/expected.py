#!/usr/bin/env python3
"""Computes, from an invoice file alone, the figures that a replay of it must end with.

Usage: expected.py FILE.csv[.gz] > OUT.json

It shares no code with the product, so that the two can disagree. Python 3.9 or newer, standard
library only. The rules as they stand today:

Input: header `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country`.

A row is good if it has eight fields and an InvoiceNo, StockCode (trimmed, case kept) is not
empty, Quantity is a non-zero integer, UnitPrice is a decimal >= 0 with at most four decimals,
InvoiceDate parses (`Y-m-d H:M:S`, `m/d/yy H:M`, `m/d/Y H:M`), and, in an invoice whose number
begins with C, Quantity is negative. Bytes that are not UTF-8 make a row bad, except in its
Description and Country, which no figure needs. Every other row is bad: it is counted, listed, and
has no other effect. An empty line is no row.

The good rows of one InvoiceNo are one document, wherever they stand in the file, at the time of
its first good row. An invoice without a good row is nothing.
- C...: one refund; its rows are refund lines of -Quantity units; stock goes up.
- else: rows with positive quantity are the lines of one sale, stock goes down; rows with negative
  quantity are stock adjustments without money, stock goes down; without a positive row there is
  no sale.

Money: prices include 20 % tax. Line total = quantity x unit price, rounded half away from zero to
the penny. A document's tax = sum of its line totals x 20 / 120, rounded the same way once.
`tax_minor` = tax of sales less tax of refunds. A document of value 0 counts as a document.

`lines` = sale lines and refund lines; `units_*` leave adjustments out; `stock` is net units moved
by StockCode, kept when it is 0. `by_day` is keyed by the local date.

Output: {"totals": the figures, "bad_rows": how many, "bad": [{"line", "reason"}]}, where line is
the physical line on which the row begins, counted from 1 with the header.
"""
import csv
import datetime
import gzip
import io
import json
import re
import sys
from decimal import ROUND_HALF_UP, Decimal

FORMATS = (
    (r"\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{2}:\d{2}", "%Y-%m-%d %H:%M:%S"),
    (r"\d{1,2}/\d{1,2}/\d{2} \d{1,2}:\d{2}", "%m/%d/%y %H:%M"),
    (r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}", "%m/%d/%Y %H:%M"),
)


def penny(amount):
    """Pounds to whole pence, half away from zero (ROUND_HALF_UP is that in `decimal`)."""
    return int((amount * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def tax_of(gross_minor):
    return int((Decimal(gross_minor) * 20 / 120).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def local_time(text):
    for shape, form in FORMATS:
        if re.fullmatch(shape, text, re.ASCII):
            try:
                return datetime.datetime.strptime(text, form)
            except ValueError:
                return None
    return None


def judge(row):
    """Returns (reason, None) for a bad row, (None, values) for a good one."""
    if len(row) != 8:
        return f"{len(row)} fields instead of 8", None
    invoice, code, _, quantity, date, price, customer, _ = (field.strip() for field in row)
    if any("\udc80" <= c <= "\udcff" for c in invoice + code + quantity + date + price + customer):
        return "not UTF-8", None
    if not invoice:
        return "InvoiceNo is missing", None
    if not code:
        return "StockCode is missing", None
    if not re.fullmatch(r"[+-]?\d+", quantity, re.ASCII) or int(quantity) == 0:
        return "Quantity is not a non-zero integer", None
    if not re.fullmatch(r"\d+(\.\d{1,4})?", price, re.ASCII):
        return "UnitPrice is not a decimal >= 0 with at most 4 decimals", None
    local = local_time(date)
    if local is None:
        return "InvoiceDate does not parse", None
    if invoice.startswith("C") and int(quantity) > 0:
        return "positive Quantity in a cancellation", None
    return None, (invoice, code, int(quantity), local, Decimal(price))


def read(path):
    """Yields (line, row); an undecodable byte becomes a lone surrogate, which `judge` refuses."""
    opened = gzip.open(path, "rb") if path.endswith(".gz") else open(path, "rb")
    with io.TextIOWrapper(opened, "utf-8-sig", "surrogateescape", newline="") as text:
        rows = csv.reader(text)
        next(rows)
        begins = rows.line_num + 1
        for row in rows:
            if row:
                yield begins, row
            begins = rows.line_num + 1


def figures(path):
    documents, bad = {}, []
    for line, row in read(path):
        reason, good = judge(row)
        if reason:
            bad.append({"line": line, "reason": reason})
        else:
            documents.setdefault(good[0], []).append(good[1:])

    count = dict.fromkeys(
        "sales refunds adjustments lines units_sold units_refunded "
        "gross_minor refunded_minor tax_minor".split(),
        0,
    )
    by_day, stock = {}, {}

    def move(code, units):
        stock[code] = stock.get(code, 0) + units

    for invoice, rows in documents.items():
        refund = invoice.startswith("C")
        lines = rows if refund else [row for row in rows if row[1] > 0]
        total = 0
        for code, quantity, _, price in lines:
            units = abs(quantity)
            total += penny(units * price)
            count["units_refunded" if refund else "units_sold"] += units
            move(code, units if refund else -units)
        if not refund:
            for code, quantity, _, _ in rows:
                if quantity < 0:
                    count["adjustments"] += 1
                    move(code, quantity)
        if not lines:
            continue
        kind, value, sign = (
            ("refunds", "refunded_minor", -1) if refund else ("sales", "gross_minor", 1)
        )
        day = by_day.setdefault(
            rows[0][2].date().isoformat(),
            {"sales": 0, "refunds": 0, "gross_minor": 0, "refunded_minor": 0},
        )
        count["lines"] += len(lines)
        count["tax_minor"] += sign * tax_of(total)
        for sums in (count, day):
            sums[kind] += 1
            sums[value] += total

    totals = {**count, "by_day": dict(sorted(by_day.items())), "stock": dict(sorted(stock.items()))}
    return {"totals": totals, "bad_rows": len(bad), "bad": bad}


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__.splitlines()[2])
    json.dump(figures(sys.argv[1]), sys.stdout, indent=1, ensure_ascii=False)
    print()
