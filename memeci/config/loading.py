"""memeci.yml and what overrides it, to a Config."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from memeci.config.keys import KEYS, find_key
from memeci.config.kinds import PathText, find_nearest, read_mapping, read_text, unknown_key
from memeci.config.schema import Config
from memeci.config.setting import MAX_BYTES, Setting, parse_yaml
from memeci.errors import ConfigError
from memeci.naming import NOT_ALLOWED, is_ref_name

FILE_NAMES = ("memeci.yml", "memeci.yaml")
_MAPPING_KEYS = {"columns", "gates", "puns", "registry"}

# Keys for YAML anchors, as Compose files have them: `x-shared: &shared {…}`.
_ANCHOR_PREFIX = "x-"


class Override(msgspec.Struct, frozen=True):
    """A setting from elsewhere: ``source`` is what the user typed, "--alpha" or "MEMECI_ALPHA"."""

    key: str
    value: str
    source: str


def load_config(path: Path | None = None, *, model: str | None = None, overrides: Sequence[Override] = ()) -> Config:
    """Return the configuration of one model.

    Without ``path``, memeci.yml of this folder is read if there is one. ``model`` picks one of ``models:``; where there is no
    such list it must be the model's name or gives it one. Later ``overrides`` win over earlier ones, and all over the file.
    Raises ConfigError.
    """
    found = path if path is not None else find_config(Path())
    configs = _build_configs(found, overrides)
    if model is None:
        if len(configs) > 1:
            names = [config.model for config in configs]
            raise ConfigError(f"{found} has several models.", f"they are: {', '.join(names)}.", f"name one: --model {names[0]}")
        return configs[0]
    return _choose_model(configs, model)


def check_model_name(model: str, place: str) -> None:
    """Raise ConfigError for a name that no tag of git could hold; ``place`` says where it was written."""
    if not is_ref_name(model):
        raise ConfigError(f'{place}: "{model}" cannot name a model.', "its releases are git tags.", f"write one without {NOT_ALLOWED}.")


def load_configs(path: Path | None = None, *, overrides: Sequence[Override] = ()) -> tuple[Config, ...]:
    """Return the configuration of every model in the file, in its order; one where it has no ``models:``."""
    return _build_configs(path if path is not None else find_config(Path()), overrides)


def find_config(folder: Path) -> Path | None:
    """Return memeci.yml (or memeci.yaml) in ``folder``, or None. Raises ConfigError if there are both."""
    found = [folder / name for name in FILE_NAMES if (folder / name).is_file()]
    if len(found) > 1:
        raise ConfigError("there are both memeci.yml and memeci.yaml.", "only one can hold.", "git rm memeci.yaml")
    return found[0] if found else None


def _build_configs(path: Path | None, overrides: Sequence[Override]) -> tuple[Config, ...]:
    changes = {o.key: _build_override(o) for o in overrides}
    name = changes.pop("model", None)
    models = read_models(path) if path is not None else [{}]
    configs = tuple(_build_config({**settings, **changes}, path) for settings in models)
    return configs if name is None else (_choose_model(configs, read_text(name, "a model's name"), name.place),)


def _build_override(override: Override) -> Setting:
    if find_key(override.key) is None:
        raise ConfigError(f"{override.source}: there is no key {override.key!r} in memeci.yml.")
    if override.key in _MAPPING_KEYS or override.value.lstrip().startswith(("[", "{")):
        return replace(parse_yaml(override.value, override.source, override.key), line=None)
    return Setting(override.key, override.source, override.value)


def _choose_model(configs: tuple[Config, ...], model: str, place: str = "--model") -> Config:
    chosen = next((config for config in configs if config.model == model), None)
    if chosen is not None:
        return chosen
    names = [config.model for config in configs]
    if len(configs) == 1 and "model" not in configs[0].places:
        check_model_name(model, place)
        return replace(configs[0], model=model)
    near = find_nearest(model, names)
    raise ConfigError(
        f'{place}: there is no model "{model}".',
        f"{configs[0].path} has: {', '.join(names)}.",
        f"did you mean {near}?" if near else "",
    )


def read_models(path: Path) -> list[dict[str, Setting]]:
    """Return the settings of each model in the file. Keys beside ``models:`` hold for all of them."""
    settings = {name: s for name, s in read_mapping(_read_file(path)).items() if not name.startswith(_ANCHOR_PREFIX)}
    listed = settings.pop("models", None)
    if listed is None:
        return [settings]
    models: list[dict[str, Setting]] = []
    if isinstance(listed.value, list):
        models = [{**settings, **read_mapping(item)} for item in listed.value]
    else:
        for name, child in read_mapping(listed).items():
            named = {"model": Setting(f"{child.key}.model", child.source, name, child.line)}
            models.append({**settings, **named, **read_mapping(child)})
    _check_models(listed, models)
    return models


def _check_models(listed: Setting, models: list[dict[str, Setting]]) -> None:
    if not models:
        raise listed.error("it lists no model.", "write `models: {sentiment: {predictions: out/preds.parquet}}`.")
    names = [str(m["model"].value) if "model" in m else None for m in models]
    if None in names:
        raise listed.error("a model in the list has no name.", "begin each with `- model: name`.")
    doubled = next((name for name in names if names.count(name) > 1), None)
    if doubled:
        raise listed.error(f'two models are called "{doubled}".', "give each its own name.")


def _read_file(path: Path) -> Setting:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path} cannot be read.", f"{error.strerror or error}.", "memeci init writes one.") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path} is too large.", f"more than {MAX_BYTES:,} bytes: it is hardly a configuration.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"{path} is not UTF-8.",
            f"line {line} holds the byte 0x{data[error.start]:02x}.",
            f"iconv -f GB18030 -t UTF-8 {shlex.quote(str(path))}",
        ) from None
    root = parse_yaml(text, str(path))
    if root.value is None:
        raise ConfigError(
            f"{path} is empty.", "it has no key.", "memeci init --force writes a new one; or remove it: memeci works without."
        )
    if isinstance(root.value, (list, str)):
        raise ConfigError(
            f"{root.place} begins with {root.describe()}.",
            "memeci.yml is a mapping: key, colon, value.",
            "begin with `model: name`; several models go under `models:`.",
        )
    return root


def _build_config(settings: Mapping[str, Setting], path: Path | None) -> Config:
    values: dict[str, Any] = {}
    root = path.parent if path is not None else Path()
    for name, setting in settings.items():
        key = find_key(name)
        if key is None:
            raise unknown_key(setting, name, [*(k.name for k in KEYS), "models"])
        value = key.kind.parse(setting)
        values[name] = _locate(key.kind, value, root) if isinstance(key.kind, PathText) and setting.source == str(path) else value
    config = Config(**values, path=path, root=root, digest=_digest(settings), places=_list_places(settings))
    config.build_policy()
    return config


def _locate(kind: PathText, value: str, root: Path) -> str:
    """Return the path as seen from here: in memeci.yml it is relative to that file's folder."""
    beside = root / value
    return value if kind.maybe and not os.path.exists(beside) else str(beside)  # a name may be too long for a path


def _list_places(settings: Mapping[str, Setting]) -> dict[str, str]:
    places: dict[str, str] = {}
    for name, setting in settings.items():
        places[name] = setting.place
        children = setting.value if isinstance(setting.value, dict) else {}
        places.update({f"{name}.{child}": s.place for child, s in children.items()})
        items = setting.value if isinstance(setting.value, list) else []
        places.update({f"{name}[{i}]": s.place for i, s in enumerate(items)})
    return places


def _digest(settings: Mapping[str, Setting]) -> str:
    plain = {name: _to_plain(setting) for name, setting in settings.items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _to_plain(setting: Setting) -> Any:
    if isinstance(setting.value, dict):
        return {name: _to_plain(child) for name, child in setting.value.items()}
    if isinstance(setting.value, list):
        return [_to_plain(item) for item in setting.value]
    return setting.value
