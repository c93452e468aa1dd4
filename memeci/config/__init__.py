"""memeci.yml and the environment, to frozen structs. The only reader of os.environ; knows no metric and no forge's API."""

from memeci.config.environment import (
    CI,
    Environment,
    TokenKind,
    clean_environment,
    find_reader_language,
    plain_environment,
    read_environment,
)
from memeci.config.gates import GateConfig
from memeci.config.loading import Override, find_config, load_config, load_configs
from memeci.config.schema import ColumnsConfig, Config, MetricConfig, PunsConfig, RegistryConfig
from memeci.config.threads import load_numpy

__all__ = [
    "CI",
    "ColumnsConfig",
    "Config",
    "Environment",
    "GateConfig",
    "MetricConfig",
    "Override",
    "PunsConfig",
    "RegistryConfig",
    "TokenKind",
    "clean_environment",
    "find_config",
    "find_reader_language",
    "load_config",
    "load_configs",
    "load_numpy",
    "plain_environment",
    "read_environment",
]
