"""A plugin of mishards: its router, with time between routing and call for the readers to change."""
import time

from mishards.router.plugins.file_based_hash_ring_router import Factory


class Slow(Factory):
    name = 'slow'

    def routing(self, *args, **kwargs):
        found = super().routing(*args, **kwargs)
        time.sleep(0.3)
        return found


def setup(app):
    app.on_plugin_setup(Slow)
