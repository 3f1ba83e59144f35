"""Runs mishards 1.1.1 with what is mended of it. `python3 -m milvus_proxy`, in the directory of mishards' source.

Each module has one concern. What it changes in mishards, and for which fault of it, is in the list of __main__.py.
For the Python 3.6 of the mishards image, with no modules but those that mishards itself uses.
"""
import logging

#: mishards' own configuration of logging disables the loggers that are there before it: __main__ enables this one.
LOGGER = logging.getLogger('milvus_proxy')
