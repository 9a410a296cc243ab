"""Options that people have in a `vcr_config`: translated where they mean something here, else refused."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import PurePath
from typing import Any

from unspool.cassette.vcr_compat import Function, Hook, Hooks, functions_of
from unspool.errors import CassetteError

TRANSLATED = frozenset(
    {
        "additional_matchers",
        "decode_compressed_response",
        "filter_headers",
        "filter_nested_post_data_parameters",
        "filter_post_data_parameters",
        "filter_query_parameters",
        "record",
        "serializer",
    }
)
"""The options, beside those of `Cassette` itself, that are accepted."""

REFUSED = {
    "after_load_interaction": "use before_record_request and before_record_response, which apply to loaded"
    " interactions too",
    "before_record": "call it before_record_request",
    "before_save_interaction": "use before_record_request and before_record_response",
    "cassette_library_dir": "write the folder into the path, or override the fixture unspool_cassette_dir",
    "custom_patches": "hand the client a transport (RecordTransport, ReplayTransport)",
    "filter_sensitive_data": "pass redactor=unspool.Redactor(…), which redacts before anything is written",
    "func_path_generator": "pass the path, or override the fixture unspool_default_cassette_name",
    "inject_cassette": "take what `with use_cassette(…) as cassette` gives",
    "path_transformer": "pass the path, or override the fixture unspool_cassette_dir",
    "persister": "cassettes are files; read and write them with unspool.Cassette",
    "skip_patchers": "let hosts pass with ignore_hosts",
}
"""Options of vcrpy's that are refused, and what to use instead."""


def translated(
    options: Mapping[str, Any],
    *,
    path: str | os.PathLike[str] | None,
    record_mode: str | None,
    match_on: Sequence[str | Callable[..., Any]],
    hooks: tuple[Hook, Hook],
) -> tuple[str | None, tuple[str | Callable[..., Any], ...], Hooks]:
    """The record mode, the matchers and the hooks that these options, and a cassette's own, amount to.

    Raises:
        CassetteError: an option of vcrpy's has no meaning here; the message says what to use instead.
        TypeError: there is no such option.
    """
    _check_names(options)
    _check_serializer(options.get("serializer"), path)
    if record_mode is not None and options.get("record") is not None:
        raise CassetteError("expected record or record_mode, which it's short for; got both")
    return (
        record_mode if record_mode is not None else options.get("record"),
        (*match_on, *(options.get("additional_matchers") or ())),
        Hooks(
            (*_filters(options), *functions_of(hooks[0])),
            functions_of(hooks[1]),
            decodes=bool(options.get("decode_compressed_response")),
        ),
    )


def _check_names(options: Mapping[str, Any]) -> None:
    for name in options:
        if name in REFUSED:
            raise CassetteError(f"the option {name} of vcrpy isn't supported: {REFUSED[name]}")
        if name not in TRANSLATED:
            near = get_close_matches(name, [*TRANSLATED, *REFUSED, *_own_options()], n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise TypeError(
                f"expected an option of Cassette, got an unexpected keyword argument {name!r}{hint}"
            )


def _own_options() -> Iterable[str]:
    import inspect  # noqa: PLC0415 - only for the message

    from unspool.cassette.cassette import Cassette  # noqa: PLC0415 - as above; it imports this module

    return inspect.signature(Cassette).parameters


def _check_serializer(serializer: str | None, path: str | os.PathLike[str] | None) -> None:
    """The file's name says how it's written; where that agrees with `serializer`, nothing is lost."""
    if serializer is None or path is None:
        return
    is_json = PurePath(path).suffix.lower() == ".json"
    if serializer != ("json" if is_json else "yaml"):
        raise CassetteError(
            f"got serializer={serializer!r} for {os.fspath(path)}: the file's name says how it's written."
            " Leave the option out; for JSON, let the name end in .json"
        )


def _filters(options: Mapping[str, Any]) -> Iterable[Function]:
    """Vcrpy's own functions for its filters, so that they mean what they mean there."""
    names = ("headers", "query_parameters", "post_data_parameters")
    wanted = {name: options.get(f"filter_{name}") for name in names}
    if not any(wanted.values()):
        return
    from vcr import filters  # noqa: PLC0415 - it imports every client that it finds

    if wanted["headers"]:
        yield partial(filters.replace_headers, replacements=_replacements(wanted["headers"]))
    if wanted["query_parameters"]:
        replacements = _replacements(wanted["query_parameters"])
        yield partial(filters.replace_query_parameters, replacements=replacements)
    if wanted["post_data_parameters"]:
        nested = {"recursive": True} if options.get("filter_nested_post_data_parameters") else {}
        replace = getattr(filters, "replace_body_parameters", filters.replace_post_data_parameters)
        yield partial(replace, replacements=_replacements(wanted["post_data_parameters"]), **nested)


def _replacements(names: Iterable[Any]) -> list[tuple[str, Any]]:
    return [(name, None) if isinstance(name, str) else (name[0], name[1]) for name in names]
