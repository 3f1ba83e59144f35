import importlib.util
import os


class BaseMixin:
    """Has the classes of the plugins in a folder, by their names."""

    def __init__(self, searchpath, *modules):
        self.class_map = {}
        for module in modules:
            module.setup(self)
        for name in os.listdir(searchpath) if searchpath else []:
            if name.endswith('.py'):
                spec = importlib.util.spec_from_file_location(name[:-3], os.path.join(searchpath, name))
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
                module.setup(self)

    def on_plugin_setup(self, plugin_class):
        self.class_map[plugin_class.name.lower()] = plugin_class

    def create(self, class_name, **kwargs):
        return self._create(self.class_map[class_name.lower()], **kwargs)
