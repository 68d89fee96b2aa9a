"""Holds documents against docs/*.schema.json, which says what a file of each format has; shared by the tests.

A file that was just made must have every key of its schema and no other: so a key added to the source and not to the
schema fails, and the other way round. A committed file may be older than a key: it must have what is `required`."""

import copy
import json
from pathlib import Path

from jsonschema import Draft202012Validator

DOCS = Path(__file__).resolve().parents[2] / "docs"
FORMATS = ("result", "doctor", "sweep", "capacity", "series", "ladder", "experiment", "peers")


def read(name):
    """The schema of one format; what it takes from another's is put in, so that it stands alone."""
    schema = json.loads((DOCS / f"{name}.schema.json").read_text(encoding="utf-8"))
    for other in FORMATS:
        if other != name and f"{other}.schema.json#/$defs/" in json.dumps(schema):
            schema = json.loads(json.dumps(schema).replace(f"{other}.schema.json#", "#"))
            schema["$defs"] = {**read(other)["$defs"], **schema["$defs"]}
    return schema


def objects(schema, place=""):
    """(place, schema) of every object in it whose keys are named."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield place or "the whole", schema
        for key, value in schema.items():
            yield from objects(value, key if key not in ("properties", "$defs") else place)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value, place)


def closed(schema, complete):
    """The same without room for keys that it does not name; `complete`: and with all of those that it does."""
    schema = copy.deepcopy(schema)
    for _, part in objects(schema):
        part["additionalProperties"] = False
        if complete:
            part["required"] = list(part["properties"])
    return schema


def leaves(error):
    """What is wrong inside: of `this or null` only what holds against `this`."""
    inner = [nested for nested in error.context if nested.validator != "type" or len(nested.relative_path) > 0]
    for nested in inner or error.context:
        yield from leaves(nested)
    if not error.context:
        yield error


def words(error, name):
    place = ".".join(map(str, error.absolute_path)) or "the whole"
    if error.validator == "additionalProperties":
        strange = sorted(set(error.instance) - set(error.schema["properties"]))
        return f"{place}: {', '.join(strange)}: not in docs/{name}.schema.json; add it there, with what it is and its unit"
    if error.validator == "required":
        absent = sorted(set(error.schema["required"]) - set(error.instance))
        return f"{place}: {', '.join(absent)}: in docs/{name}.schema.json but not in the file"
    return f"{place}: {error.message[:200]}"


def problems(document, name="result", complete=True):
    """What is wrong with it, a line each, every place once."""
    errors = Draft202012Validator(closed(read(name), complete)).iter_errors(document)
    return list(dict.fromkeys(words(leaf, name) for error in errors for leaf in leaves(error)))
