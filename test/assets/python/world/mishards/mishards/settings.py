import logging
import logging.config
import os

LOG_PATH = os.environ.get('LOG_PATH', '/tmp/mishards')
os.makedirs(LOG_PATH, exist_ok=True)
logging.config.dictConfig({
    'version': 1,
    'disable_existing_loggers': False,
    'formatters': {'line': {'format': '%(asctime)s | %(levelname)s | %(message)s (%(filename)s:%(lineno)s)'}},
    'handlers': {
        'console': {'class': 'logging.StreamHandler', 'formatter': 'line'},
        'file': {'class': 'logging.FileHandler', 'formatter': 'line', 'filename': LOG_PATH + '/logfile.log'},
    },
    'root': {'level': os.environ.get('LOG_LEVEL', 'INFO'), 'handlers': ['console', 'file']},
})

MAX_RETRY = int(os.environ.get('MAX_RETRY', 3))
MAX_WORKERS = int(os.environ.get('MAX_WORKERS', 50))
SERVER_PORT = int(os.environ.get('SERVER_PORT', 19530))
WOSERVER = os.environ['WOSERVER']


class DefaultConfig:
    SQLALCHEMY_DATABASE_URI = os.environ['SQLALCHEMY_DATABASE_URI']
    DISCOVERY_PLUGIN_PATH = os.environ.get('DISCOVERY_PLUGIN_PATH', '')
    DISCOVERY_CLASS_NAME = os.environ.get('DISCOVERY_CLASS_NAME', 'static')
    ROUTER_PLUGIN_PATH = os.environ.get('ROUTER_PLUGIN_PATH', '')
    ROUTER_CLASS_NAME = os.environ.get('ROUTER_CLASS_NAME', 'FileBasedHashRingRouter')
