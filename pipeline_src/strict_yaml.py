"""YAML read as strictly as JSON is in `parsing`. [no torch]"""

from __future__ import annotations

from typing import Any

import yaml

from pipeline_src.parsing import DEEPEST, LONGEST_NUMBER, Unreadable


def parse_yaml(text: str) -> Any:
    """The value of a YAML text.

    Raises:
        Unreadable: see the module.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)
    except yaml.YAMLError as error:
        raise Unreadable(f"is not readable YAML ({' '.join(str(error).split())})") from error
    except RecursionError as error:
        raise Unreadable("is nested too deeply") from error
    except ValueError as error:  # a date that is none, a number of too many digits
        raise (
            error if isinstance(error, Unreadable) else Unreadable(f"is not readable YAML ({error})")
        ) from error


class _StrictLoader(yaml.SafeLoader):
    """As PyYAML's safe loader, but a key may stand once, and a nest has an end."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unreadable("is nested too deeply")
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def compose_mapping_node(self, anchor: Any) -> Any:
        node = super().compose_mapping_node(anchor)
        first: dict[str, int] = {}
        for key, _ in node.value:
            line = key.start_mark.line + 1
            name = str(key.value)
            if name in first and key.tag != "tag:yaml.org,2002:merge":
                raise Unreadable(f"has the key {name!r} twice, on lines {first[name]} and {line}")
            first[name] = line
        return node

    def construct_scalar(self, node: Any) -> Any:
        if node.tag.endswith((":int", ":float")) and len(node.value) > LONGEST_NUMBER:
            raise Unreadable(f"has a number of {len(node.value)} digits")
        return super().construct_scalar(node)
