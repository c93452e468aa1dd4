"""memeci.yml and the environment, to frozen structs. The only reader of os.environ; knows no metric and no forge's API."""

from memeci.config.gates import GateConfig
from memeci.config.loading import Override, find_config, load_config, load_configs
from memeci.config.schema import ColumnsConfig, Config, MetricConfig, PunsConfig, RegistryConfig

__all__ = [
    "ColumnsConfig",
    "Config",
    "GateConfig",
    "MetricConfig",
    "Override",
    "PunsConfig",
    "RegistryConfig",
    "find_config",
    "load_config",
    "load_configs",
]
