import os

from discovery.plugins import static_provider
from utils.plugins import BaseMixin


class Config(dict):
    __getattr__ = dict.get


class DiscoveryFactory(BaseMixin):
    def __init__(self, searchpath=None):
        super().__init__(searchpath, static_provider)

    def _create(self, plugin_class, **kwargs):
        settings = {name: value for name, value in os.environ.items() if name.startswith('DISCOVERY_')}
        return plugin_class.Create(plugin_config=Config(settings), **kwargs)
