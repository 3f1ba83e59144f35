from utils.plugins import BaseMixin

from mishards.router.plugins import file_based_hash_ring_router


class RouterFactory(BaseMixin):
    def __init__(self, searchpath=None):
        super().__init__(searchpath, file_based_hash_ring_router)

    def _create(self, plugin_class, **kwargs):
        return plugin_class(**kwargs)
