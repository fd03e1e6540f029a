"""Rows for every table, made from the catalog alone: types, enums, foreign keys, unique and check constraints.

One row has every column filled, one has every NULL that the table allows, and each value of an enum occurs.
"""

import json
import random
import re

TABLE = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull OR t.typnotnull, a.attgenerated <> '', a.attidentity = 'a',
        COALESCE(b.typname, t.typname), COALESCE(b.typtype, t.typtype), a.atttypmod, t.typelem <> 0 AND t.typlen = -1 AND t.typcategory = 'A',
        (SELECT array_to_json(array_agg(enumlabel ORDER BY enumsortorder))::text FROM pg_enum e WHERE e.enumtypid = COALESCE(b.oid, NULLIF(t.typelem, 0), t.oid)),
        CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END, t.typtypmod,
        (SELECT string_agg(pg_get_constraintdef(k.oid), ' ') FROM pg_constraint k WHERE k.contypid = t.oid)
    FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype
    WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
KEYS = """
    SELECT k.contype::text, k.confrelid, k.confrelid::regclass::text, pg_get_constraintdef(k.oid),
        (SELECT string_agg(a.attname, chr(31) ORDER BY u.ord) FROM unnest(k.conkey) WITH ORDINALITY u(num, ord) JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.num),
        (SELECT string_agg(a.attname, chr(31) ORDER BY u.ord) FROM unnest(k.confkey) WITH ORDINALITY u(num, ord) JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.num)
    FROM pg_constraint k WHERE k.conrelid = {oid} AND k.contype IN ('f', 'c')
"""
REFERENCES = """
    SELECT conrelid, confrelid, (SELECT bool_and(a.attnotnull) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
    FROM pg_constraint k WHERE contype = 'f' AND conrelid <> confrelid
"""

# A schema's and a table's name may have a dot in it: what people are told is not what SQL understands.
IDENTIFIERS = """
    SELECT c.oid, quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.oid = ANY (ARRAY[{oids}]::oid[])
"""


class Generator:
    """`number` runs through the whole walk: no two values of ours are the same, whatever becomes unique later."""

    def __init__(self):
        self.number = 0
        self.chance = random.Random(1) # the same rows in every run
        self.failed = {}

    def fill(self, connection, snapshot, tables):
        """Adds rows to these tables (oids) and to those that stayed empty before, those that others refer to first.

        A table that gets none is tried again after the others. A key that was left NULL because its table came later is
        set then. Returns the tables that got some.
        """
        got = []
        names = snapshot.names()
        self.failed = {name: why for name, why in self.failed.items() if name in names.values()}
        again = {oid for oid, name in names.items() if name in self.failed}
        left = [oid for oid in self.ordered(connection, set(tables) | again) if fillable(snapshot, names.get(oid), oid)]
        targets = identifiers(connection, left)
        while left:
            empty = []
            for oid in left:
                made, why = self.fill_table(connection, oid, targets[oid])
                if made:
                    got.append(oid)
                    self.failed.pop(names[oid], None)
                else:
                    empty.append(oid)
                    self.failed[names[oid]] = why
            if len(empty) == len(left):
                break
            left = empty
        for oid in got:
            self.complete(connection, oid, targets[oid])
        return got

    def complete(self, connection, oid, target):
        """Sets keys that are NULL in every row, though what they refer to has rows by now: in one row of each table."""
        for kind, _, table, _, near, far in list(connection.exec_driver_sql(KEYS.format(oid=oid))):
            if kind != "f":
                continue
            near, far = near.split("\x1f"), far.split("\x1f")
            unset = " AND ".join(f"{quoted(column)} IS NULL" for column in near)
            if connection.exec_driver_sql(f"SELECT 1 FROM {target} WHERE NOT ({unset}) LIMIT 1").first():
                continue
            present = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in far)
            columns = ", ".join(quoted(column) for column in near)
            values = ", ".join(quoted(column) for column in far)
            try: # a check or a trigger may want it NULL
                connection.exec_driver_sql(
                    f"UPDATE {target} SET ({columns}) = (SELECT {values} FROM {table} WHERE {present} LIMIT 1)"
                    f" WHERE ctid = (SELECT min(ctid) FROM {target}) AND EXISTS (SELECT FROM {table} WHERE {present})"
                )
            except Exception: # noqa: the row stays as it was
                continue

    def ordered(self, connection, tables):
        """Each table after those that it must refer to, and, where no circle forbids it, after those that it may."""
        wanted = set(tables)
        must, may = {}, {}
        for child, parent, required in connection.exec_driver_sql(REFERENCES):
            if child in wanted and parent in wanted:
                (must if required else may).setdefault(child, set()).add(parent)
        done, order = set(), []

        def needed(oid):
            found, todo = set(), [oid]
            while todo:
                one = todo.pop()
                if one not in found:
                    found.add(one)
                    todo.extend(must.get(one, ()))
            return found

        def visit(oid, path):
            if oid in done or oid in path:
                return
            inside = path | {oid}
            for parent in sorted(must.get(oid, ())):
                visit(parent, inside)
            for parent in sorted(may.get(oid, ())):
                if not needed(parent) & inside:
                    visit(parent, inside)
            done.add(oid)
            order.append(oid)

        for oid in sorted(wanted):
            visit(oid, frozenset())
        return order

    def fill_table(self, connection, oid, target):
        columns = [Column(*row) for row in connection.exec_driver_sql(TABLE.format(oid=oid))]
        keys = list(connection.exec_driver_sql(KEYS.format(oid=oid)))
        checks = [(definition, (names or "").split("\x1f")) for kind, _, _, definition, names, _ in keys if kind == "c"]
        foreign = [(table, names.split("\x1f"), far.split("\x1f")) for kind, _, table, _, names, far in keys if kind == "f"]
        wanted = min(max(3, *(len(column.labels) for column in columns), 0) if columns else 0, 12)
        made, why = 0, "it has no columns"
        for variant in range(wanted):
            for attempt in range(40):
                self.number += 1
                values = self.row(connection, columns, foreign, checks, variant, attempt)
                if values is None:
                    why = "the table that it refers to has no rows"
                    break
                try:
                    self.insert(connection, target, values)
                    made += 1
                    break
                except Exception as error: # the database's own complaint says what to try next, or why there is no row
                    why = str(getattr(error, "orig", error)).strip().split("\n")[0]
                    if not checks and not any(c.check for c in columns) and "unique" not in why and attempt > 2:
                        break
        return made, why

    def insert(self, connection, target, values):
        names = ", ".join(quoted(column) for column in values)
        body = f"({names}) OVERRIDING SYSTEM VALUE VALUES ({', '.join(values.values())})" if values else "DEFAULT VALUES"
        connection.exec_driver_sql(f"INSERT INTO {target} {body}")

    def row(self, connection, columns, foreign, checks, variant, attempt):
        values = {}
        nulls = variant == 1
        for column in columns:
            if column.generated:
                continue
            if nulls and not column.required:
                values[column.name] = "NULL"
                continue
            choices = column.candidates(self.number, variant)
            mentioned = [v for text, names in checks if column.name in names for v in literals(text, column)]
            mentioned += literals(column.check or "", column)
            if mentioned and column.is_text:
                choices = mentioned[variant % len(mentioned):] + mentioned[: variant % len(mentioned)] + choices
            elif mentioned:
                choices = choices + mentioned
            # The likeliest value first; when the table refuses the row, any mixture of what it may want: a check may also
            # want one of two columns to be empty.
            mixture = choices if column.required else [*choices, "NULL"]
            values[column.name] = choices[0] if attempt == 0 else self.chance.choice(mixture)
        for table, near, far in foreign:
            if all(values.get(column) == "NULL" for column in near):
                continue
            fields = ", ".join(f"quote_nullable({quoted(column)}::text)" for column in far)
            present = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in far)
            found = connection.exec_driver_sql(f"SELECT {fields} FROM {table} WHERE {present} ORDER BY 1 OFFSET (SELECT {(variant + attempt)} % greatest(count(*), 1) FROM {table} WHERE {present}) LIMIT 1").first()
            if found is not None:
                values.update(zip(near, found))
            elif any(column.required for column in columns if column.name in near):
                return None
            else:
                values.update((column, "NULL") for column in near)
        return values


def fillable(snapshot, name, oid):
    """Not a foreign table, nor a partition: its parent is filled."""
    kind = snapshot.tables[oid][("table", name)][0] if name else "f"
    return not (kind.startswith("f") or " FOR VALUES" in kind or kind.endswith("DEFAULT"))


TEXTS = ("varchar", "text", "bpchar", "citext", "name")
NUMBERS = ("int2", "int4", "int8", "numeric", "float4", "float8", "money", "oid")


class Column:
    def __init__(self, name, type_name, required, generated, always, base, kind, modifier, array, labels, domain_base, domain_modifier, check):
        self.name, self.type_name, self.required, self.generated = name, type_name, required, generated
        self.base, self.kind, self.array, self.check = base[1:] if array else base, kind, array, check
        self.modifier = domain_modifier if domain_base and domain_modifier != -1 else modifier

        self.labels = json.loads(labels) if labels else []
        self.is_text = self.base in TEXTS and not array
        self.is_number = self.base in NUMBERS and not array

    def candidates(self, n, variant):
        """Values as SQL, the best first."""
        def typed(text):
            return f"{quoted_literal(text)}::{self.type_name}"
        label = self.labels[variant % len(self.labels)] if self.labels else None
        if self.array:
            first = label or (self.word(n) if self.base in TEXTS else self.values(n)[0])
            # One value, for what happens to an empty array happens to no value of its type.
            filled = [] if first in ("{}", "empty") else [typed('{"' + first.replace("\\", "\\\\").replace('"', '\\"') + '"}')]
            return [*filled, typed("{}")]
        if label is not None:
            return [typed(label)]
        if self.is_text:
            return [typed(self.word(n))]
        return [typed(value) for value in self.values(n)]

    def word(self, n):
        """`email-1f2`; as short as the column wants it, and different for every n as long as it can be."""
        number = base36(n)
        room = self.modifier - 4 if self.modifier and self.modifier > 4 else 60
        if self.base == "bpchar":
            return number.rjust(room, "a")[-room:]
        return number[-room:] if room < len(number) + 2 else f"{self.name[: room - len(number) - 1]}-{number}"

    def values(self, n):
        base = self.base
        if base in ("int4", "int8", "oid"):
            return [str(1_000_000 + n), str(n), "1", "0"]
        if base == "int2":
            return [str(20_000 + n % 12_000), "1", "0"]
        if base == "numeric":
            if self.modifier and self.modifier > 4:
                precision, scale = (self.modifier - 4) >> 16, (self.modifier - 4) & 0x7FF
                whole = max(precision - scale, 0)
                return [f"{n % 10 ** min(whole, 6)}" if whole else "0." + "1" * min(scale, 2), "0", "1"]
            return [f"{n}.5", "1", "0"]
        day = f"{n % 12 + 1:02d}-{n % 28 + 1:02d}"
        simple = {
            "float4": [f"{n}.5", "0.5"], "float8": [f"{n}.5", "0.5"], "bool": ["true", "false"] if n % 2 else ["false", "true"],
            "money": [str(n)], "uuid": [f"00000000-0000-4000-8000-{n:012x}"], "date": [f"2024-{day}", f"2023-{day}", f"2999-{day}"],
            "timestamp": [f"{year}-{day} 12:00:{n % 60:02d}" for year in (2024, 2023, 2999)],
            "timestamptz": [f"{year}-{day} 12:00:{n % 60:02d}+00" for year in (2024, 2023, 2999)],
            "time": [f"12:{n // 60 % 60:02d}:{n % 60:02d}"], "timetz": [f"12:{n // 60 % 60:02d}:{n % 60:02d}+00"], "interval": [f"{n} minutes"],
            "json": [f'{{"n": {n}}}', "[]"], "jsonb": [f'{{"n": {n}}}', "[]"], "bytea": [f"\\x{n:08x}"], "inet": [f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"],
            "cidr": [f"10.{n >> 8 & 255}.{n & 255}.0/24"], "macaddr": [f"02:00:00:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"],
            "point": [f"({n},{n})"], "box": [f"({n},{n}),(0,0)"], "circle": [f"<({n},0),1>"], "line": ["{1,1,0}"], "lseg": ["[(0,0),(1,1)]"],
            "path": ["[(0,0),(1,1)]"], "polygon": ["((0,0),(1,1),(1,0))"], "tsvector": [f"word{n}"], "tsquery": ["word"], "xml": ["<a/>"],
            "hstore": [f"n=>{n}"], "ltree": [f"top.n{n}"], "vector": ["[" + ",".join(["0"] * max(self.modifier, 1)) + "]"], "bit": ["1" * max(self.modifier, 1)],
            "varbit": ["1"], "macaddr8": [f"02:00:00:00:00:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"], "pg_lsn": [f"0/{n:X}"],
            **dict.fromkeys(("int4range", "int8range", "numrange"), ["empty", f"[{n},{n + 1})"]),
            **dict.fromkeys(("daterange", "tsrange", "tstzrange"), ["empty", f"[2023-{day},2024-{day})"]),
        }
        if base in simple:
            return simple[base]
        return ["empty"] if self.kind == "r" else ["{}", "", "1"]


def literals(definition, column):
    """Values that a check constraint itself mentions, and the neighbours of its numbers."""
    found = [f"{quoted_literal(text.replace(chr(39) * 2, chr(39)))}::{column.type_name}" for text in re.findall(r"'((?:[^']|'')*)'", definition)]
    if column.is_text:
        lengths = [int(n) for n in re.findall(r"length\([^)]*\)+\s*(?:=|>=|<=|>|<)\s*(\d+)", definition)]
        found = [f"{quoted_literal('a' * max(n, 1))}::{column.type_name}" for n in lengths] + found
        if "@" in definition:
            found.append(f"{quoted_literal('someone@example.org')}::{column.type_name}")
        return found
    for number in re.findall(r"(?<![\w'])(-?\d+(?:\.\d+)?)", definition) if column.is_number else ():
        found += [f"({value})::{column.type_name}" for value in (float(number) + 1 if "." in number else int(number) + 1, number, float(number) - 1 if "." in number else int(number) - 1)]
    return found


def identifiers(connection, oids):
    """Tables (oids) as SQL names them."""
    return dict(tuple(row) for row in connection.exec_driver_sql(IDENTIFIERS.format(oids=",".join(str(oid) for oid in oids))))


def content(connection, snapshot, oids):
    """Per table: how many rows, and for each column a number that changes with any of its values."""
    found = {}
    names = snapshot.names()
    targets = identifiers(connection, oids)
    for oid in oids:
        if oid not in names or snapshot.tables[oid][("table", names[oid])][0].startswith("f"):
            continue
        columns = sorted(name[len(names[oid]) + 1 :] for kind, name in snapshot.tables[oid] if kind == "column")
        sums = "".join(f", sum(hashtextextended({quoted(c)}::text, 0))::text" for c in columns)
        row = connection.exec_driver_sql(f"SELECT count(*){sums} FROM {targets[oid]}").first()
        found[oid] = {"name": names[oid], "rows": row[0], "columns": dict(zip(columns, row[1:]))}
    return found


def base36(n):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    text = ""
    while n:
        n, rest = divmod(n, 36)
        text = digits[rest] + text
    return text or "0"


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def quoted_literal(text):
    return "'" + str(text).replace("'", "''") + "'"
